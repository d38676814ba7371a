/** The index of DESIGN 5.3: globs expanded over the known tools, so that a decision only looks up. */
import type { CASAPolicy, ToolRule } from '../../crds/types.ts';
import type { CompiledApp, CompiledSystem } from '../../policies/system.ts';
import { policyName } from '../model.ts';
import { record } from '../record.ts';
import { matchesGlob } from './glob.ts';
import type { Destination } from './resolve_endpoint.ts';

/** One of the policies of an app, and the servers that its `Allow` rules reach. */
export interface ScopedPolicy {
  readonly policy: CASAPolicy;
  readonly servers: readonly string[];
}

/**
 * The tools an app may call at these servers, with the ids of the rules that name them. Where no policy has `tools`, every
 * tool; else only tools that a rule names.
 */
export function expandRules(
  scoped: readonly ScopedPolicy[],
  servers: readonly string[],
  tools: CompiledSystem['tools'],
): CompiledApp['tools'] {
  const isRuled = scoped.some(({ policy }) => policy.spec.tools !== undefined);
  const rules = scoped.flatMap(({ policy, servers: reached }) =>
    (policy.spec.tools ?? []).map((rule, index) => ({ rule, id: ruleId(policy, index), reached })),
  );
  return record(
    servers.map((server) => {
      // INVARIANT (deny by default): an Allow reaches as far as its own policy does, a Deny everywhere.
      const near = rules.filter(
        ({ rule, reached }) => matchesGlob(rule.server, server) && (rule.effect === 'Deny' || reached.includes(server)),
      );
      const indexed: (readonly [string, readonly string[]])[] = [];
      for (const name of Object.keys(tools[server] ?? {})) {
        const ids = near.filter(({ rule }) => matchesGlob(rule.name, name)).map(({ id }) => id);
        if (!isRuled || ids.length > 0) indexed.push([name, ids.sort()]);
      }
      return [server, record(indexed)] as const;
    }),
  );
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
export function ruleId(policy: CASAPolicy, index: number): string {
  return `${policyName(policy)}#${index}`;
}
