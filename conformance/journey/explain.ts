import type { Direction } from '../../ext-authz/check/read_request.ts';
import type { CheckResult } from '../../policies/contract.ts';
import type { Explanation } from '../run/driver.ts';
import { phaseOf } from './phase_of.ts';

/** One enforcement point that a request passed. */
export interface PassedPoint {
  readonly direction: Direction;
  checks(): Promise<readonly CheckResult[]>;
}

/** The last word of each check over all enforcement points, and the phase of the last one. */
export async function explain(passed: readonly PassedPoint[]): Promise<Explanation> {
  const words = new Map<string, CheckResult>();
  let phase: Explanation['phase'] = 'outbound';
  for (const point of passed) {
    const checks = await point.checks();
    phase = phaseOf(point.direction, checks);
    for (const check of checks) {
      if (check.outcome !== 'ABSTAIN' || !words.has(check.check)) words.set(check.check, check);
    }
  }
  return { phase, checks: [...words.values()] };
}
