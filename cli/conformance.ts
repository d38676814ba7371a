/** `casa conformance`: runs behaviours against policies, as production would decide them. */
import { existsSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { conform } from '../conformance/conform.ts';
import { type DriverName, driverNames } from '../conformance/format/behaviour.ts';
import { readBehaviours } from '../conformance/format/read_behaviours.ts';
import { missingBehaviours, readRequired } from '../conformance/format/required.ts';
import { renderJson } from '../conformance/report/render_json.ts';
import { renderJunit } from '../conformance/report/render_junit.ts';
import { renderText } from '../conformance/report/render_text.ts';
import { type CommandLine, type Terminal, UsageError } from './command_line.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';
import { importCommand } from './import_recordings.ts';
import { replayRecorded } from './replay_recorded.ts';
import { showIssues } from './show_issues.ts';

interface Options {
  readonly driver: 'in-process' | 'grpc' | 'envoy' | 'both' | 'all';
  readonly required?: string;
  readonly junit?: string;
  readonly json?: true;
  readonly recorded?: string;
  readonly policies?: string;
  readonly report?: string;
}

const drivers: { readonly [option in Options['driver']]: readonly DriverName[] } = {
  'in-process': ['in_process'],
  grpc: ['grpc'],
  envoy: ['envoy'],
  both: ['in_process', 'grpc'],
  all: driverNames,
};

export const conformanceCommand: CommandLine = (terminal, ends) =>
  new Command('conformance')
    .alias('test')
    .summary('run behaviours against policies')
    .description('Runs behaviour files against the policies they name. Exit code 1 when one does not hold.')
    .argument('[path...]', 'behaviour files, or folders of them')
    .option('--recorded <dir>', 'replay the recorded runs of this folder instead (agent-trace/1, .jsonl and .jsonl.gz)')
    .option('--policies <dir>', 'with --recorded: folder with policies, SOURCE-SUITE.yaml or SOURCE.yaml')
    .option('--report <dir>', 'with --recorded: write index.html and report.json to this folder')
    .addOption(
      new Option('--driver <driver>', 'how the services are reached; both: in-process and grpc')
        .choices(Object.keys(drivers))
        .default('in-process'),
    )
    .option('--required <file>', 'YAML list of the ids that must be there')
    .option('--junit <file>', 'write JUnit XML to this file')
    .option('--json', 'print the results as one JSON object')
    .addCommand(importCommand(terminal, ends))
    .action(async (paths: readonly string[], options: Options) => {
      const { recorded } = options;
      if (recorded !== undefined) {
        if (paths.length > 0) throw new UsageError('`--recorded` takes no behaviour files (run them on their own)');
        ends(await replayRecorded({ ...options, recorded }, terminal));
      } else if (paths.length === 0) {
        throw new UsageError('no behaviour files given (name some, or a folder with `--recorded`)');
      } else ends(await conformance(paths, options, terminal));
    });

async function conformance(paths: readonly string[], options: Options, terminal: Terminal): Promise<ExitCode> {
  for (const path of [...paths, ...(options.required === undefined ? [] : [options.required])]) {
    if (!existsSync(path)) throw new UsageError(`\`${path}\` does not exist`);
  }
  const { behaviours, issues } = readBehaviours(paths);
  if (issues.length > 0) return showIssues(issues, terminal, options.json);
  const missing = options.required === undefined ? [] : missingBehaviours(readRequired(options.required), behaviours);
  for (const id of missing) terminal.stderr(`casa: required behaviour \`${id}\` has no file\n`);
  const results = await conform(behaviours, drivers[options.driver], () => performance.now());
  terminal.stdout(options.json === true ? renderJson(results) : renderText(results));
  if (options.junit !== undefined) writeFileSync(options.junit, renderJunit(results));
  const failed = missing.length > 0 || results.some(({ result }) => result === 'failed');
  return failed ? exitCodes.issues : exitCodes.ok;
}
