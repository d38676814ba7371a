/** Usage of `limits` in a session: what the rules are told, and what a call that was allowed adds. */
import type { Counters, DecisionInput } from '../../policies/contract.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import type { PolicySet } from '../policy/policy_set.ts';
import type { Queries } from '../store/store.ts';

export async function readCounters(queries: Queries, sessionId: string): Promise<Counters> {
  const rows = await queries.query<{ rule_id: string; calls: number; sum: number }>(
    'select rule_id, calls, sum from rule_counters where session_id = $1',
    [sessionId],
  );
  return Object.fromEntries(rows.map(({ rule_id, calls, sum }) => [rule_id, { calls, sum }]));
}

/** What one call adds to one rule. */
export interface RuleUse {
  readonly ruleId: string;
  readonly amount: number;
}

/** The rules with limits that this call falls under. */
export function countedRules(
  policies: Pick<PolicySet, 'evaluate'>,
  system: CompiledSystem,
  input: DecisionInput,
): readonly RuleUse[] {
  const { caller, tool } = input;
  if (caller === null || tool === null) return [];
  const ruleIds = system.apps[caller.app]?.tools[tool.server]?.[tool.name] ?? [];
  return ruleIds.flatMap((ruleId) => {
    const rule = system.rules[ruleId];
    if (rule === undefined || rule.effect !== 'Allow' || rule.limits === null) return [];
    if (rule.arguments !== null && !ruleHolds(policies, input, ruleId)) return [];
    const { sum } = rule.limits;
    return [{ ruleId, amount: sum === null ? 0 : amountOf(tool.arguments?.[sum.argument]) }];
  });
}

/**
 * Whether the rule's arguments hold for this call, as the Rego sees it: with its limits used up the answer is
 * `limit_exceeded` exactly then. So there is no second reading of argument schemas.
 */
function ruleHolds(policies: Pick<PolicySet, 'evaluate'>, input: DecisionInput, ruleId: string): boolean {
  const usedUp = { [ruleId]: { calls: Number.MAX_SAFE_INTEGER, sum: Number.MAX_SAFE_INTEGER } };
  const { checks } = policies.evaluate({ ...input, counters: usedUp });
  return checks.some(({ outcome, reason }) => outcome === 'BLOCK' && reason === 'limit_exceeded');
}

/** The Rego lets no negative amount pass; whatever else is no number adds nothing. */
function amountOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

export async function addToCounters(queries: Queries, sessionId: string, uses: readonly RuleUse[]): Promise<void> {
  for (const { ruleId, amount } of uses) {
    await queries.query(
      `insert into rule_counters (session_id, rule_id, calls, sum) values ($1, $2, 1, $3)
       on conflict (session_id, rule_id) do update set
         calls = rule_counters.calls + 1, sum = rule_counters.sum + excluded.sum`,
      [sessionId, ruleId, amount],
    );
  }
}
