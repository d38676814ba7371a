import type { Direction } from '../../ext-authz/check/read_request.ts';
import type { CheckResult, Phase } from '../../policies/contract.ts';

/**
 * The phase that a decision at an enforcement point is of: it carries out the answers of the token service too, which are
 * told apart by the checks that only they require.
 */
export function phaseOf(direction: Direction, checks: readonly CheckResult[]): Phase {
  const spoke = (name: string) => checks.some(({ check, outcome }) => check === name && outcome !== 'ABSTAIN');
  if (spoke('SESSION_START')) return 'issue';
  return direction === 'outbound' && spoke('TOKEN') ? 'exchange' : direction;
}
