/** `casa conformance import`: what others recorded as `agent-trace/1`, to replay it. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { importDecisionLog } from '../conformance/import/import_decision_log.ts';
import { importOtel } from '../conformance/import/import_otel.ts';
import { type Imported, renderRun } from '../conformance/import/imported.ts';
import { type ReadDocument, readDocuments } from '../conformance/import/read_documents.ts';
import { quote } from '../crds/quote.ts';
import { type CommandLine, type Terminal, UsageError } from './command_line.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';

const formats = { otel: importOtel, 'opa-decision-log': importDecisionLog } satisfies {
  readonly [format: string]: (documents: readonly ReadDocument[]) => Imported;
};

/** Lines that are shown of those that were not understood; all are counted. */
const shownMax = 20;

interface Options {
  readonly from: keyof typeof formats;
  readonly output: string;
  readonly json?: true;
}

export const importCommand: CommandLine = (terminal, ends) =>
  new Command('import')
    .description('Writes recorded calls as agent-trace/1. Exit code 1 when something was not understood.')
    .argument('<file>', 'JSON, or JSON lines, also gzipped')
    .addOption(
      new Option('--from <format>', 'OTLP JSON with the GenAI or MCP conventions, or OPA decision logs of our bundles')
        .choices(Object.keys(formats))
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <dir>', 'folder to write to')
    .option('--json', 'print the result as one JSON object')
    .action(async (file: string, options: Options) => ends(await importRecordings(file, options, terminal)));

async function importRecordings(file: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  if (!existsSync(file)) throw new UsageError(`\`${file}\` does not exist`);
  const imported = formats[options.from](await readDocuments(file));
  mkdirSync(options.output, { recursive: true });
  const target = join(options.output, `${basename(file).replace(/(\.jsonl?|\.gz)+$/, '')}.jsonl`);
  writeFileSync(target, imported.runs.map((run) => `${renderRun(run)}\n`).join(''));
  terminal.stdout(options.json === true ? renderJson(imported, target) : renderText(imported, target));
  return imported.unread.length > 0 || imported.runs.length === 0 ? exitCodes.issues : exitCodes.ok;
}

function renderJson({ runs, unread, passedOver }: Imported, file: string): string {
  return `${JSON.stringify({ file, ...countsOf(runs), unread, passedOver }, null, 2)}\n`;
}

function renderText({ runs, unread, passedOver }: Imported, file: string): string {
  const { calls, withoutArguments } = countsOf(runs);
  return [
    ...unread.slice(0, shownMax).map(({ line, why }) => `not understood: line ${line}: ${why}`),
    ...Object.entries(passedOver).map(([what, count]) => `passed over: ${count}: ${quote(what)}`),
    `${file}: ${runs.length} runs, ${calls} calls (${withoutArguments} without recorded arguments); ${unread.length} not understood`,
    '',
  ].join('\n');
}

function countsOf(runs: Imported['runs']) {
  const calls = runs.flatMap((run) => run.calls);
  return {
    runs: runs.length,
    calls: calls.length,
    withoutArguments: calls.filter((call) => call.arguments === null).length,
  };
}
