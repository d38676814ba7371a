/** Measurements as a Markdown table, as `docs/benchmarks.md` has it. */
import { holds, type Measurement, ratioOf } from './bench.ts';

export function renderTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((one) => {
    const { what, measured, against, unit, ratioMax } = one;
    const verdict = ratioMax === null ? '' : `${holds(one) ? 'holds' : 'exceeded'} (<= ${ratioMax})`;
    return [
      what,
      `${figure(measured)} ${unit}`,
      `${figure(against.value)} (${against.name})`,
      figure(ratioOf(one)),
      verdict,
    ];
  });
  const lines = [['what', 'measured', 'against', 'ratio', 'promise'], ['---', '---:', '---:', '---:', '---'], ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** Three digits that matter. */
function figure(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
