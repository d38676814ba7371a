/** A decision with the rules behind it, and what would have to change for the other answer. */
import type { CheckResult, Decision, DecisionInput } from '../../policies/contract.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import { decidingRules, type EvaluateOn, type RuleMatch, ruleMatches } from './rule_matches.ts';

export interface ExplainedDecision {
  readonly decision: Decision;
  /** The rules that name the tool. */
  readonly rules: readonly ExplainedRule[];
  /** One sentence each: all of them would have to happen for a denied call, any one of them for an allowed one. */
  readonly flips: readonly string[];
}

export interface ExplainedRule {
  readonly id: string;
  readonly effect: 'Allow' | 'Deny';
  readonly holds: boolean;
  readonly decides: boolean;
}

export function explainDecision(
  system: CompiledSystem,
  input: DecisionInput,
  evaluateOn: EvaluateOn,
): ExplainedDecision {
  const decision = evaluateOn(system, input);
  const matches = ruleMatches(system, input, evaluateOn);
  const deciding = new Set(decidingRules(matches));
  const asked = decision.checks.some(({ check, outcome }) => check === 'TOOL_POLICY' && outcome !== 'ABSTAIN');
  return {
    decision,
    rules: matches.map((match) => ({
      id: match.id,
      effect: match.rule.effect,
      holds: match.holds,
      decides: asked && deciding.has(match),
    })),
    flips: decision.allow
      ? waysToDeny(decision, [...deciding])
      : decision.checks.filter(({ outcome }) => outcome === 'BLOCK').map((check) => wayToAllow(check, matches, input)),
  };
}

function waysToDeny(decision: Decision, deciding: readonly RuleMatch[]): readonly string[] {
  if (decision.audit_only)
    return [`set \`enforcement: Enforce\`: the call is only let through by Audit (${decision.reason})`];
  return [
    ...deciding.map(({ id }) => `remove the rule ${id}, unless another \`Allow\` matches`),
    'add a `Deny` rule that matches the call',
  ];
}

function wayToAllow(
  { check, reason, detail }: CheckResult,
  matches: readonly RuleMatch[],
  input: DecisionInput,
): string {
  const named = (effect: 'Allow' | 'Deny', holds: boolean) =>
    matches
      .filter((match) => match.rule.effect === effect && match.holds === holds)
      .map(({ id }) => id)
      .join(', ');
  switch (reason) {
    case 'tool_denied_by_policy': {
      const denying = named('Deny', true);
      if (denying !== '') return `narrow or remove the \`Deny\` rule ${denying}`;
      return `add an \`Allow\` rule for \`${input.tool?.server ?? ''}/${input.tool?.name ?? ''}\` to the caller's CASAPolicy`;
    }
    case 'arguments_denied_by_policy': {
      const denying = named('Deny', true);
      if (denying !== '') return `call with arguments that the \`Deny\` rule ${denying} does not match, or narrow it`;
      return `call with arguments that satisfy ${named('Allow', false)}, or widen \`arguments\` there`;
    }
    case 'limit_exceeded':
      return `a new session, or higher \`limits\` in ${named('Allow', true)}`;
    case 'tool_not_selected_by_llm':
    case 'no_llm_calls_made_by_app':
      return 'the LLM of the calling agent must select this tool in this session';
    case 'selection_arguments_differ':
      return 'call with the arguments that the LLM selected, or set `selection: name` for the tool';
    case 'selection_consumed':
      return 'the LLM must select the call once more: each selection is good for one';
    case 'tool_not_in_token':
      return `the entry app must be able to reach ${detail} along allowed edges`;
    case 'tool_unknown':
      return 'list the tool under `apps[].tools` of its server, or have the server list it';
    case 'destination_not_allowed':
    case 'protocol_not_allowed':
      return `name the destination in \`allowedEndpoints\` of the caller's CASAPolicy (${detail})`;
    default:
      return `${check} must pass: ${reason} (${detail})`;
  }
}
