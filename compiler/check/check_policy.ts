/** Contradictions between one CASAPolicy and its MAS. */
import { hint, quote } from '../../crds/quote.ts';
import type { CASAPolicy, ToolRule } from '../../crds/types.ts';
import type { CompiledApp, CompiledRule, CompiledSystem } from '../../policies/system.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { ruleNames, serversOf } from '../policy/expand_rules.ts';
import { isGlob, matchesGlob } from '../policy/glob.ts';
import type { Destination } from '../policy/resolve_endpoint.ts';
import { memberOf } from '../record.ts';

/** As the Rego has it: OPA's regular expressions in WASM are broken above 99 in one decision. */
const patternsPerToolMax = 50;

/** Findings have paths into the policy, which is that of `from`. */
export function checkPolicy(
  model: SystemModel,
  from: AppModel,
  policy: CASAPolicy,
  destinations: readonly Destination[],
  tools: CompiledSystem['tools'],
): readonly Finding[] {
  const rules = policy.spec.tools ?? [];
  return [
    ...checkHttp(policy),
    ...rules.flatMap((rule, index) => checkRule(model, rule, `spec.tools[${index}]`, destinations, tools)),
    ...checkAllows(rules, from),
  ];
}

function checkHttp({ spec }: CASAPolicy): readonly Finding[] {
  const index = spec.allowedProtocols?.indexOf('http') ?? -1;
  if (index < 0) return [];
  const message = 'plain `http` is not tied to what the user asked for (prefer `mcp` or `a2a`)';
  return [warningAt(`spec.allowedProtocols[${index}]`, 'http_allowed', message)];
}

function checkRule(
  model: SystemModel,
  rule: ToolRule,
  path: string,
  destinations: readonly Destination[],
  tools: CompiledSystem['tools'],
): readonly Finding[] {
  const reachable = serversOf(destinations);
  const servers = reachable.filter((server) => matchesGlob(rule.server, server));
  if (servers.length === 0) {
    const known = model.apps.some(({ name, app }) => app.type === 'mcp_server' && matchesGlob(rule.server, name));
    const why = known ? 'may not be reached by this policy' : `is no MCP server of ${quote(model.mas)}`;
    return neverMatches(rule, `${path}.server`, `${quote(rule.server)} ${why}`, hint(rule.server, reachable));
  }
  const known = servers.map((server) => ({ server, names: Object.keys(memberOf(tools, server) ?? {}) }));
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

function checkAllows(rules: readonly ToolRule[], { name }: AppModel): readonly Finding[] {
  if (rules.length === 0 || rules.some(({ effect }) => effect === 'Allow')) return [];
  const message = `no rule is an \`Allow\`, so ${quote(name)} may call no tool at all (add one)`;
  return [warningAt('spec.tools', 'nothing_allowed', message)];
}

/** Tools on which more patterns would have to be tried than one decision can. */
export function checkPatterns(
  indexed: CompiledApp['tools'],
  rules: { readonly [ruleId: string]: CompiledRule },
): readonly Finding[] {
  return Object.entries(indexed).flatMap(([server, tools]) =>
    Object.entries(tools).flatMap(([tool, ids]): readonly Finding[] => {
      const patterns = ids.reduce((sum, id) => sum + (rules[id]?.arguments?.patterns ?? 0), 0);
      if (patterns <= patternsPerToolMax) return [];
      const name = quote(`${server}/${tool}`);
      const message = `the rules on ${name} have ${patterns} patterns, more than ${patternsPerToolMax} (merge some)`;
      return [errorAt('spec.tools', 'too_many_patterns', message)];
    }),
  );
}
