/** A folder of recordings, read run by run. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseRun } from './parse_run.ts';
import { readLines } from './read_lines.ts';
import type { RecordedRun } from './recorded_run.ts';

const recordingEndings = ['.jsonl', '.jsonl.gz'];

/** A line that was not understood. */
export interface UnreadLine {
  readonly file: string;
  readonly line: number;
  readonly why: string;
}

export type Recording =
  | { readonly kind: 'run'; readonly file: string; readonly line: number; readonly run: RecordedRun }
  | ({ readonly kind: 'unread' } & UnreadLine);

/** Names of the recordings in the folder, sorted. */
export function listRecordings(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => recordingEndings.some((ending) => name.endsWith(ending)))
    .sort();
}

/** Every line of every file, in order; empty lines are passed over. */
export async function* readRecordings(folder: string): AsyncGenerator<Recording> {
  for (const file of listRecordings(folder)) {
    for await (const line of readLines(join(folder, file))) {
      if (line.kind === 'problem') yield { kind: 'unread', file, line: line.number, why: line.why };
      else if (line.text.trim() !== '') {
        const parsed = parseRun(line.text);
        if (parsed.kind === 'run') yield { kind: 'run', file, line: line.number, run: parsed.run };
        else yield { kind: 'unread', file, line: line.number, why: parsed.why };
      }
    }
  }
}
