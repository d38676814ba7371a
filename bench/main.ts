/** `npm run bench -- [NAME...] [--json]`: runs benchmarks one after the other and prints each figure beside its limit or peer. */
import { Command } from 'commander';
import { type Benchmark, holds, type Measurement } from './bench.ts';
import { compileBenchmark } from './compile.ts';
import { decisionBenchmark } from './decision.ts';
import { renderTable } from './render_table.ts';
import { replayBenchmark } from './replay.ts';

/** A line adds one. */
const benchmarks: readonly Benchmark[] = [compileBenchmark, decisionBenchmark, replayBenchmark];

interface Result {
  readonly benchmark: string;
  readonly measurements: readonly Measurement[];
  readonly skipped: string | null;
}

await new Command('bench')
  .description('Measures CASA beside limits and peers. Exit code 1 when a promised ratio does not hold.')
  .argument('[name...]', `of ${benchmarks.map(({ name }) => name).join(', ')}; none: all`)
  .option('--json', 'print everything as one JSON object')
  .action(async (names: readonly string[], { json }: { readonly json?: true }) => {
    const results: Result[] = [];
    for (const benchmark of choose(names)) {
      console.error(`measuring ${benchmark.name}`);
      const measured = await benchmark.run();
      const skipped = 'skipped' in measured ? measured.skipped : null;
      results.push({ benchmark: benchmark.name, measurements: 'skipped' in measured ? [] : measured, skipped });
    }
    console.log(json === true ? JSON.stringify({ results }, null, 2) : render(results));
    process.exitCode = results.every(({ measurements }) => measurements.every(holds)) ? 0 : 1;
  })
  .parseAsync();

function choose(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) throw new Error(`no benchmark named \`${unknown}\``);
  return benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
}

function render(results: readonly Result[]): string {
  const skipped = results.flatMap(({ benchmark, skipped: why }) =>
    why === null ? [] : [`${benchmark}: skipped, ${why}`],
  );
  return [renderTable(results.flatMap(({ measurements }) => measurements)), ...skipped].join('\n');
}
