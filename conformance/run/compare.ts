import type { CheckResult } from '../../policies/contract.ts';
import type { Expectation } from '../format/behaviour.ts';
import type { Explanation, Outcome } from './driver.ts';

export interface Mismatch {
  /** Both sides in words, only of what differs. */
  readonly expected: string;
  readonly got: string;
  readonly checks: readonly CheckResult[];
}

/** Where the outcome is not what was expected; null when it is. */
export async function compareOutcome(expected: Expectation, outcome: Outcome): Promise<Mismatch | null> {
  const plain = plainDifferences(expected, outcome);
  const asksMore = expected.phase !== undefined || expected.checks !== undefined;
  if (plain.length === 0 && !asksMore) return null;
  const explanation = await outcome.explain();
  const differences = [...plain, ...explainedDifferences(expected, explanation)];
  if (differences.length === 0) return null;
  return {
    expected: differences.map(({ name, wanted }) => `${name} ${wanted}`).join(', '),
    got: differences.map(({ name, got }) => `${name} ${got}`).join(', '),
    checks: explanation.checks,
  };
}

interface Difference {
  readonly name: string;
  readonly wanted: string;
  readonly got: string;
}

function plainDifferences(expected: Expectation, outcome: Outcome): readonly Difference[] {
  // When the decision itself differs, the reason is what a reader needs next.
  const impliedReason = expected.decision === 'allow' && outcome.decision === 'deny' ? 'ok' : undefined;
  return [
    ...difference('decision', expected.decision, outcome.decision),
    ...difference('reason', expected.reason ?? impliedReason, outcome.reason),
    ...difference('tools', expected.tools?.toSorted().join(' '), outcome.tools?.join(' ') ?? 'no token'),
  ];
}

function explainedDifferences(expected: Expectation, { phase, checks }: Explanation): readonly Difference[] {
  return [
    ...difference('phase', expected.phase, phase),
    ...Object.entries(expected.checks ?? {}).flatMap(([name, wanted]) => {
      const check = checks.find((candidate) => candidate.check === name);
      return difference(name, wanted, check?.outcome ?? 'not asked');
    }),
  ];
}

function difference(name: string, wanted: string | undefined, got: string): readonly Difference[] {
  return wanted === undefined || wanted === got ? [] : [{ name, wanted, got }];
}
