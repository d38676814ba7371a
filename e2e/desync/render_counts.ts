import type { Ready } from './desync_run.ts';

/** A line a family: its cases, how many were refused as expected, and how many of their twins were allowed. */
export function renderCounts(
  cases: readonly Ready[],
  problems: readonly (string | null)[],
  twinProblems: readonly (string | null)[],
  tookMs: number,
): string {
  const families = [...new Set(cases.map(({ desync }) => desync.family))];
  const count = (family: string | null) => {
    const mine = [...cases.keys()].filter((index) => family === null || cases[index]?.desync.family === family);
    const fine = (found: readonly (string | null)[]) => mine.filter((index) => found[index] === null).length;
    const ids = new Set(mine.map((index) => cases[index]?.desync.id));
    const sent = `${String(ids.size).padStart(4)} hostile cases, ${String(mine.length).padStart(4)} sent`;
    return `${sent}, ${String(fine(problems)).padStart(4)} denied, ${String(fine(twinProblems)).padStart(4)} twins allowed`;
  };
  const lines = families.map((family) => `  ${family.padEnd(18)} ${count(family)}`);
  return [`desync corpus, ${Math.round(tookMs / 1000)} s`, ...lines, `  ${'all'.padEnd(18)} ${count(null)}`].join('\n');
}
