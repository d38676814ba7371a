/** `CASAPolicy.spec.tools` to the rules of a bundle. */
import type { CASAPolicy, ToolRule } from '../../crds/types.ts';
import { flattenArguments } from '../../policies/flatten_arguments.ts';
import type { CompiledRule } from '../../policies/system.ts';
import { errorAt, type Finding } from '../finding.ts';
import { policyName } from '../model.ts';
import { ruleId } from './expand_rules.ts';

export interface CompiledRules {
  readonly rules: readonly (readonly [string, CompiledRule])[];
  readonly findings: readonly Finding[];
}

/** Compiles the rules of a policy; a rule with findings is left out. */
export function compileRules(policy: CASAPolicy): CompiledRules {
  const compiled = (policy.spec.tools ?? []).map((rule, index) => compileRule(policy, rule, index));
  return {
    rules: compiled.flatMap(({ rule }, index) => (rule === null ? [] : [[ruleId(policy, index), rule] as const])),
    findings: compiled.flatMap(({ findings }) => findings),
  };
}

function compileRule(
  policy: CASAPolicy,
  rule: ToolRule,
  index: number,
): { readonly rule: CompiledRule | null; readonly findings: readonly Finding[] } {
  const path = `spec.tools[${index}]`;
  const findings: Finding[] = [];
  if (rule.effect === 'Deny' && rule.limits !== undefined) {
    findings.push(errorAt(`${path}.limits`, 'limits_on_deny', 'limits belong to `Allow` rules (remove them)'));
  }
  const flattened = rule.arguments === undefined ? null : flattenArguments(rule.arguments);
  if (flattened?.kind === 'issues') {
    findings.push(
      ...flattened.issues.map((issue) =>
        errorAt([`${path}.arguments`, issue.path].filter(Boolean).join('.'), 'arguments_unsupported', issue.message),
      ),
    );
  }
  if (findings.length > 0) return { rule: null, findings };
  return {
    findings,
    rule: {
      arguments: flattened?.kind === 'flat' ? flattened.conditions : null,
      effect: rule.effect,
      enforcement: policy.spec.enforcement,
      limits:
        rule.limits === undefined
          ? null
          : { calls_per_session: rule.limits.callsPerSession ?? null, sum: rule.limits.sum ?? null },
      policy: policyName(policy),
    },
  };
}
