/** Which rules speak of a call: found by asking the rules themselves, so that there is no second reading of schemas. */
import type { Decision, DecisionInput } from '../../policies/contract.ts';
import type { CompiledRule, CompiledSystem } from '../../policies/system.ts';
import { memberOf } from '../record.ts';

/** The engine, on a system that need not be the one that serves. */
export type EvaluateOn = (system: CompiledSystem, input: DecisionInput) => Decision;

export interface RuleMatch {
  /** `namespace/policy#index` */
  readonly id: string;
  readonly rule: CompiledRule;
  /** The call's arguments satisfy the rule's. */
  readonly holds: boolean;
}

/** The rules that name the tool, in their order in the index. */
export function ruleMatches(
  system: CompiledSystem,
  input: DecisionInput,
  evaluateOn: EvaluateOn,
): readonly RuleMatch[] {
  const { caller, tool } = input;
  const app = caller === null ? undefined : memberOf(system.apps, caller.app);
  if (caller === null || tool === null || app === undefined) return [];
  const ids = memberOf(memberOf(app.tools, tool.server) ?? {}, tool.name) ?? [];
  return ids.flatMap((id) => {
    const rule = memberOf(system.rules, id);
    if (rule === undefined) return [];
    const alone: CompiledSystem = {
      ...system,
      enforcement: 'Enforce',
      apps: {
        ...system.apps,
        [caller.app]: { ...app, enforcement: 'Enforce', tools: { [tool.server]: { [tool.name]: [id] } } },
      },
      rules: { ...system.rules, [id]: { ...rule, effect: 'Allow', enforcement: 'Enforce', limits: null } },
    };
    const { checks } = evaluateOn(alone, { ...input, phase: 'outbound', counters: {} });
    return [{ id, rule, holds: checks.some(({ check, outcome }) => check === 'TOOL_POLICY' && outcome === 'ALLOW') }];
  });
}

/** Those that decided: the denying ones where any holds, else the allowing ones. */
export function decidingRules(matches: readonly RuleMatch[]): readonly RuleMatch[] {
  const holding = matches.filter(({ holds }) => holds);
  const denying = holding.filter(({ rule }) => rule.effect === 'Deny');
  return denying.length > 0 ? denying : holding;
}
