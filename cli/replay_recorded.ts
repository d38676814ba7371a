/** `casa conformance --recorded`: recorded runs against policies, decisions against labels. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listRecordings } from '../conformance/recorded/read/read_recordings.ts';
import { replayFolder } from '../conformance/recorded/replay_folder.ts';
import { renderReplayHtml } from '../conformance/recorded/report/render_html.ts';
import { renderReplayJunit } from '../conformance/recorded/report/render_junit.ts';
import { renderReplayText } from '../conformance/recorded/report/render_text.ts';
import { type Terminal, UsageError } from './command_line.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';

interface RecordedOptions {
  readonly recorded: string;
  readonly policies?: string;
  readonly report?: string;
  readonly junit?: string;
  readonly json?: true;
}

/** Exit code 1 when a line could not be read or a run not be replayed. */
export async function replayRecorded(options: RecordedOptions, terminal: Terminal): Promise<ExitCode> {
  const { recorded, policies, report: folder, junit, json } = options;
  checkRecordings(recorded);
  if (policies !== undefined && !existsSync(policies)) throw new UsageError(`\`${policies}\` does not exist`);
  const report = await replayFolder(recorded, policies === undefined ? {} : { policies });
  const asJson = `${JSON.stringify(report, null, 2)}\n`;
  terminal.stdout(json === true ? asJson : renderReplayText(report));
  if (junit !== undefined) writeFileSync(junit, renderReplayJunit(report));
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.html'), renderReplayHtml(report));
    writeFileSync(join(folder, 'report.json'), asJson);
  }
  return report.unread.lines + report.notReplayed.runs > 0 ? exitCodes.issues : exitCodes.ok;
}

/** A folder without recordings would be a check that cannot fail. */
export function checkRecordings(folder: string): void {
  if (!existsSync(folder)) throw new UsageError(`\`${folder}\` does not exist`);
  if (listRecordings(folder).length === 0) {
    throw new UsageError(`no .jsonl or .jsonl.gz in \`${folder}\` (give a folder with recorded runs)`);
  }
}
