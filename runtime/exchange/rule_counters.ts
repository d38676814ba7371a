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

/** The rules with limits that this call uses up: those that grant it where no rule without limits does. */
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
    if (!isNeeded(policies, input, ruleId, ruleIds)) return [];
    const { sum } = rule.limits;
    return [{ ruleId, amount: sum === null ? 0 : amountOf(tool.arguments?.[sum.argument]) }];
  });
}

/**
 * Whether this rule grants the call and no rule without limits does, as the Rego sees it: with all other limits used up, the
 * answer turns on its own. So there is no second reading of argument schemas.
 */
function isNeeded(
  policies: Pick<PolicySet, 'evaluate'>,
  input: DecisionInput,
  ruleId: string,
  ruleIds: readonly string[],
): boolean {
  const usedUp = Object.fromEntries(ruleIds.map((id) => [id, endOfCounting]));
  const isOverLimit = (counters: Counters) =>
    policies
      .evaluate({ ...input, counters })
      .checks.some(({ outcome, reason }) => outcome === 'BLOCK' && reason === 'limit_exceeded');
  return isOverLimit(usedUp) && !isOverLimit({ ...usedUp, [ruleId]: { calls: 0, sum: 0 } });
}

/** Beyond every limit that a manifest would name. */
const endOfCounting = { calls: Number.MAX_SAFE_INTEGER, sum: 1e300 };

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
