import type { SuiteTally } from './tally.ts';

/** Counts of all suites together, or of one. */
export interface Rates {
  readonly calls: number;
  readonly benign: number;
  readonly blockedBenign: number;
  readonly injected: number;
  readonly blockedInjected: number;
  readonly unknown: number;
}

/** Calls whose label is `unknown` are in neither rate. */
export function ratesOf(suites: readonly SuiteTally[]): Rates {
  const sum = (count: (suite: SuiteTally) => number) => suites.reduce((total, suite) => total + count(suite), 0);
  return {
    calls: sum(({ calls }) => calls),
    benign: sum(({ allowed, denied }) => allowed.benign + denied.benign),
    blockedBenign: sum(({ denied }) => denied.benign),
    injected: sum(({ allowed, denied }) => allowed.injected + denied.injected),
    blockedInjected: sum(({ denied }) => denied.injected),
    unknown: sum(({ allowed, denied }) => allowed.unknown + denied.unknown),
  };
}

/** `12/100 (12.0 %)` */
export function renderShare(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part}/${whole} (${((100 * part) / whole).toFixed(1)} %)`;
}
