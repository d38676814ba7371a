/** The index of DESIGN 5.3: globs expanded over the known tools, so that a decision only looks up. */
import type { ToolRule } from '../../crds/types.ts';
import type { CompiledApp, CompiledSystem } from '../../policies/system.ts';
import { type AppModel, policyName } from '../model.ts';
import { record } from '../record.ts';
import { matchesGlob } from './glob.ts';
import type { Destination } from './resolve_endpoint.ts';

/**
 * The tools an app may call, with the ids of the rules that name them. Without `tools` in the policy every tool of the
 * servers it may reach; with them, only tools that a rule names.
 */
export function expandRules(
  from: AppModel,
  destinations: readonly Destination[],
  tools: CompiledSystem['tools'],
): CompiledApp['tools'] {
  const rules = from.policy?.spec.tools;
  const expanded = serversOf(destinations).map((server) => {
    const names = Object.keys(tools[server] ?? {});
    const indexed = names.map((name): [string, readonly string[]] => [
      name,
      (rules ?? []).flatMap((rule, index) => (ruleNames(rule, server, name) ? [ruleId(from, index)] : [])).sort(),
    ]);
    return [server, record(indexed.filter(([, ids]) => rules === undefined || ids.length > 0))] as const;
  });
  return record(expanded);
}

/** Servers that are reached by MCP. */
export function serversOf(destinations: readonly Destination[]): readonly string[] {
  const names = destinations.flatMap((to) => (to.kind === 'app' && to.protocol === 'mcp' ? [to.app.name] : []));
  return [...new Set(names)];
}

export function ruleNames(rule: ToolRule, server: string, tool: string): boolean {
  return matchesGlob(rule.server, server) && matchesGlob(rule.name, tool);
}

/** Names one rule in bundles, counters and traces: `namespace/policy#index`. */
export function ruleId({ policy }: AppModel, index: number): string {
  return `${policyName(policy)}#${index}`;
}
