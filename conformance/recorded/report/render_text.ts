import { quote } from '../../../crds/quote.ts';
import { ratesOf, renderShare } from './rates.ts';
import type { ReplayReport, SuiteTally } from './tally.ts';

/** A line for each suite, what was left out and why, and a closing line. */
export function renderReplayText(report: ReplayReport): string {
  const { suites, unread, notReplayed, unknownMembers } = report;
  const lines = [
    ...suites.map(renderSuite),
    ...unread.shown.map(({ file, line, why }) => `not read: ${quote(file)} line ${line}: ${why}`),
    ...notReplayed.shown.map(({ run, why }) => `not replayed: ${quote(run)}: ${why}`),
    ...Object.entries(unknownMembers).map(([name, runs]) => `not known to the format: ${quote(name)} (${runs} runs)`),
    `recorded: ${renderCounts(suites)}; ${unread.lines} lines not read, ${notReplayed.runs} runs (${notReplayed.calls} calls) not replayed`,
  ];
  return `${lines.join('\n')}\n`;
}

function renderSuite(tally: SuiteTally): string {
  return `${tally.suite.padEnd(28)} ${String(tally.runs).padStart(5)} runs, ${renderCounts([tally])}`;
}

function renderCounts(suites: readonly SuiteTally[]): string {
  const { calls, benign, blockedBenign, injected, blockedInjected, unknown } = ratesOf(suites);
  const shares = `benign denied ${renderShare(blockedBenign, benign)}, injected denied ${renderShare(blockedInjected, injected)}`;
  return `${calls} calls: ${shares}, unknown ${unknown}`;
}
