import type { Expectation } from '../format/behaviour.ts';
import type { Outcome } from './driver.ts';

/** Where the outcome is not what was expected: both sides in words, only of what differs; null when it is. */
export function compareOutcome(
  expected: Expectation,
  outcome: Outcome,
): { readonly expected: string; readonly got: string } | null {
  const differences = [
    ...difference('decision', expected.decision, outcome.decision),
    ...difference('reason', expected.reason ?? impliedReason(expected, outcome), outcome.reason),
    ...difference('phase', expected.phase, outcome.phase),
    ...difference('tools', expected.tools?.toSorted().join(' '), outcome.tools?.join(' ') ?? 'no token'),
    ...Object.entries(expected.checks ?? {}).flatMap(([name, wanted]) => {
      const check = outcome.checks.find((candidate) => candidate.check === name);
      return difference(name, wanted, check?.outcome ?? 'not asked');
    }),
  ];
  if (differences.length === 0) return null;
  return {
    expected: differences.map(({ name, wanted }) => `${name} ${wanted}`).join(', '),
    got: differences.map(({ name, got }) => `${name} ${got}`).join(', '),
  };
}

interface Difference {
  readonly name: string;
  readonly wanted: string;
  readonly got: string;
}

function difference(name: string, wanted: string | undefined, got: string): readonly Difference[] {
  return wanted === undefined || wanted === got ? [] : [{ name, wanted, got }];
}

/** When the decision itself differs, the reason is what a reader needs next; a mere `deny` asks for none. */
function impliedReason(expected: Expectation, outcome: Outcome): string | undefined {
  return expected.decision === 'allow' && outcome.decision === 'deny' ? 'ok' : undefined;
}
