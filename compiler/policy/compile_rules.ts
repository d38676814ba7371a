/** `CASAPolicy.spec.tools` to the rules of a bundle. */
import type { CASAPolicy, ToolRule } from '../../crds/types.ts';
import { flattenArguments } from '../../policies/flatten_arguments.ts';
import type { CompiledRule } from '../../policies/system.ts';
import { errorAt, type Finding } from '../finding.ts';
import { type AppModel, policyName } from '../model.ts';
import { ruleId } from './expand_rules.ts';

export interface CompiledRules {
  readonly rules: readonly (readonly [string, CompiledRule])[];
  readonly findings: readonly Finding[];
}

/** Compiles the rules of an app's policy; a rule with findings is left out. */
export function compileRules(app: AppModel): CompiledRules {
  const { policy } = app;
  if (policy === null) return { rules: [], findings: [] };
  const compiled = (policy.spec.tools ?? []).map((rule, index) => compileRule(policy, rule, index));
  return {
    rules: compiled.flatMap(({ rule }, index) => (rule === null ? [] : [[ruleId(app, index), rule] as const])),
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
      policy: policyName(policy),
      effect: rule.effect,
      enforcement: policy.spec.enforcement,
      arguments: flattened?.kind === 'flat' ? flattened.conditions : null,
      limits:
        rule.limits === undefined
          ? null
          : { calls_per_session: rule.limits.callsPerSession ?? null, sum: rule.limits.sum ?? null },
    },
  };
}
