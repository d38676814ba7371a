/** Contradictions between one CASAPolicy and its MAS. */
import { hint, quote } from '../../crds/quote.ts';
import type { CASAPolicy, ToolRule } from '../../crds/types.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import { policyName, type SystemModel } from '../model.ts';
import type { DerivedApp, DerivedPolicy } from '../policy/derive_app.ts';
import { ruleId, ruleNames, serversOf } from '../policy/expand_rules.ts';
import { isGlob, matchesGlob } from '../policy/glob.ts';
import { memberOf } from '../record.ts';

/** As the Rego has it: OPA's regular expressions in WASM are broken above 99 in one decision. */
const patternsPerToolMax = 50;

/** Findings have paths into the policy, which is one of the app's. */
export function checkPolicy(model: SystemModel, derived: DerivedApp, own: DerivedPolicy): readonly Finding[] {
  const { policy } = own;
  const reached = serversOf(derived.destinations);
  return [
    ...checkHttp(policy),
    ...(policy.spec.tools ?? []).flatMap((rule, index) =>
      checkRule(model, rule, `spec.tools[${index}]`, rule.effect === 'Allow' ? own.servers : reached),
    ),
    ...checkAllows(derived, policy),
    ...checkLimits(derived, policy),
    ...checkPatterns(derived, policy),
  ];
}

function checkHttp({ spec }: CASAPolicy): readonly Finding[] {
  const index = spec.allowedProtocols?.indexOf('http') ?? -1;
  if (index < 0) return [];
  const message = 'plain `http` is not tied to what the user asked for (prefer `mcp` or `a2a`)';
  return [warningAt(`spec.allowedProtocols[${index}]`, 'http_allowed', message)];
}

function checkRule(model: SystemModel, rule: ToolRule, path: string, reachable: readonly string[]): readonly Finding[] {
  const servers = reachable.filter((server) => matchesGlob(rule.server, server));
  if (servers.length === 0) {
    const known = model.apps.some(({ name, app }) => app.type === 'mcp_server' && matchesGlob(rule.server, name));
    const why = known ? 'may not be reached by this policy' : `is no MCP server of ${quote(model.mas)}`;
    return neverMatches(rule, `${path}.server`, `${quote(rule.server)} ${why}`, hint(rule.server, reachable));
  }
  const known = servers.map((server) => ({ server, names: Object.keys(memberOf(model.tools, server) ?? {}) }));
  // A server whose tools are not known yet may have one that matches.
  if (known.some(({ names }) => names.length === 0)) return [];
  if (known.some(({ server, names }) => names.some((name) => ruleNames(rule, server, name)))) return [];
  const message = `no tool of ${servers.map(quote).join(', ')} is named ${quote(rule.name)}`;
  const names = known.flatMap((server) => server.names);
  return neverMatches(rule, `${path}.name`, message, hint(rule.name, names));
}

/** A glob that denies what is not there yet is a precaution; everything else is a mistake. */
function neverMatches(rule: ToolRule, path: string, why: string, near: string): readonly Finding[] {
  const precaution = rule.effect === 'Deny' && (isGlob(rule.name) || isGlob(rule.server));
  const severity = precaution ? 'warning' : 'error';
  return [{ code: 'rule_never_matches', severity, path, message: `this rule can never match: ${why}${near}` }];
}

function checkAllows({ app, policies }: DerivedApp, policy: CASAPolicy): readonly Finding[] {
  const name = quote(app.name);
  const ruled = policies.filter((one) => one.policy.spec.tools !== undefined);
  if (policy.spec.tools === undefined) {
    const [other] = ruled;
    if (other === undefined || policy.spec.allowedEndpoints === undefined) return [];
    const message = `${quote(other.policy.metadata.name)}, for the same workload, has \`tools\`, so this policy allows ${name} none (list them here)`;
    return [warningAt('spec.allowedEndpoints', 'tools_elsewhere', message)];
  }
  const rules = ruled.flatMap((one) => one.policy.spec.tools ?? []);
  if (rules.length === 0 || rules.some(({ effect }) => effect === 'Allow')) return [];
  const message = `no rule is an \`Allow\`, so ${name} may call no tool at all (add one)`;
  return [warningAt('spec.tools', 'nothing_allowed', message)];
}

/** Limits that never bind: on every tool of their rule another one grants the same calls without any. */
function checkLimits({ rules, tools }: DerivedApp, policy: CASAPolicy): readonly Finding[] {
  const byId = new Map(rules);
  const indexed = Object.values(tools).flatMap((named) => Object.values(named));
  const free = (id: string) => {
    const rule = byId.get(id);
    return rule?.effect === 'Allow' && rule.limits === null && rule.arguments === null;
  };
  return (policy.spec.tools ?? []).flatMap((rule, index): readonly Finding[] => {
    const own = indexed.filter((ids) => ids.includes(ruleId(policy, index)));
    if (rule.effect !== 'Allow' || rule.limits === undefined || own.length === 0) return [];
    const [other] = own[0]?.filter(free) ?? [];
    if (other === undefined || !own.every((ids) => ids.some(free))) return [];
    const message = `these limits never bind: ${quote(other)} allows the same tools without any (narrow it)`;
    return [warningAt(`spec.tools[${index}].limits`, 'limits_without_effect', message)];
  });
}

/** Tools on which more patterns would have to be tried than one decision can. */
function checkPatterns({ rules, tools }: DerivedApp, policy: CASAPolicy): readonly Finding[] {
  const patterns = new Map(rules.map(([id, rule]) => [id, rule.arguments?.patterns ?? 0]));
  const all = [...patterns.values()].reduce((total, one) => total + one, 0);
  if (all <= patternsPerToolMax) return [];
  const own = `${policyName(policy)}#`;
  return Object.entries(tools).flatMap(([server, indexed]) =>
    Object.entries(indexed).flatMap(([tool, ids]): readonly Finding[] => {
      const sum = ids.reduce((total, id) => total + (patterns.get(id) ?? 0), 0);
      if (sum <= patternsPerToolMax || !ids.some((id) => id.startsWith(own))) return [];
      const name = quote(`${server}/${tool}`);
      const message = `the rules on ${name} have ${sum} patterns, more than ${patternsPerToolMax} (merge some)`;
      return [errorAt('spec.tools', 'too_many_patterns', message)];
    }),
  );
}
