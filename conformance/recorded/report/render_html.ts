/** The report as one HTML page: no script, nothing fetched, every text escaped. */
import { labels } from '../read/recorded_run.ts';
import { ratesOf, renderShare } from './rates.ts';
import type { Counts, Example, ReplayReport, SuiteTally } from './tally.ts';

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere}summary{cursor:pointer}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}}`;

export function renderReplayHtml(report: ReplayReport): string {
  const { suites, unread, notReplayed, unknownMembers } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>CASA: recorded runs</title>
<style>${style}</style>
</head>
<body>
<h1>Recorded runs</h1>
<p>Texts in this page were written by strangers, attackers among them. Labels <em>unknown</em> are in neither rate.</p>
${renderTotals(suites)}
${suites.map(renderSuite).join('\n')}
<h2>Left out</h2>
<p>${unread.lines} lines not read; ${notReplayed.runs} runs (${notReplayed.calls} calls) not replayed.</p>
${table(
  ['file', 'line', 'why'],
  unread.shown.map(({ file, line, why }) => [file, line, why]),
)}
${table(
  ['run', 'why'],
  notReplayed.shown.map(({ run, why }) => [run, why]),
)}
${table(['member that the format does not have', 'runs'], Object.entries(unknownMembers))}
</body>
</html>
`;
}

function renderTotals(suites: readonly SuiteTally[]): string {
  const row = (name: string, of: readonly SuiteTally[]) => {
    const { calls, benign, blockedBenign, injected, blockedInjected, unknown } = ratesOf(of);
    return [name, calls, renderShare(blockedBenign, benign), renderShare(blockedInjected, injected), unknown];
  };
  return table(
    ['suite', 'calls', 'benign denied', 'injected denied', 'unknown'],
    [...suites.map((suite) => row(suite.suite, [suite])), row('all', suites)],
  );
}

function renderSuite(tally: SuiteTally): string {
  const sum = (counts: Counts) => labels.reduce((total, label) => total + counts[label], 0);
  const counted = (name: string, counts: Counts) => [name, ...labels.map((label) => counts[label]), sum(counts)];
  const reasons = Object.entries(tally.reasons).sort(([, a], [, b]) => sum(b) - sum(a));
  return `<section>
<h2>${escapeHtml(tally.suite)}</h2>
<p>${tally.runs} runs, ${tally.calls} calls</p>
${table(['decision', ...labels, 'all'], [counted('allowed', tally.allowed), counted('denied', tally.denied)])}
${table(
  ['reason', ...labels, 'all'],
  reasons.map(([reason, counts]) => counted(reason, counts)),
)}
${renderExamples('Blocked benign calls', tally.denied.benign, tally.blockedBenign)}
${renderExamples('Missed injected calls', tally.allowed.injected, tally.missedInjected)}
</section>`;
}

function renderExamples(title: string, count: number, examples: readonly Example[]): string {
  if (count === 0) return '';
  const rows = examples.map(({ run, call, tool, arguments: given, reason, phase, why }) => [
    `${run} call ${call}`,
    tool,
    given,
    `${reason} (${phase})`,
    why,
  ]);
  const shown = table(['call', 'tool', 'arguments', 'decision', 'label found by'], rows);
  return `<details>\n<summary>${title}: ${count} (${examples.length} shown)</summary>\n${shown}\n</details>`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly (string | number)[]) => row.map(cell).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return `<table>\n<thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function cell(value: string | number): string {
  return typeof value === 'number' ? `<td class="n">${value}</td>` : `<td><code>${escapeHtml(value)}</code></td>`;
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup is escaped; what is invisible or turns the reading direction is spelt out. */
function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
