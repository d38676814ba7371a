/** Calls by verdict. */
import type { CallCounts, Verdict } from '../../policies/explorer_wire.ts';

export const noCalls: CallCounts = { allowed: 0, blocked: 0, would_block: 0 };

/** `counts` with `more` calls of the verdict; `more` may be negative when a later phase changed what a call is. */
export function plus(counts: CallCounts | undefined, verdict: Verdict, more: number): CallCounts {
  const before = counts ?? noCalls;
  return { ...before, [verdict]: before[verdict] + more };
}
