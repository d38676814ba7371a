/** Ceilings: every tool that a session entering at an app could ever call, along allowed edges. */
import type { CompiledApp, CompiledRule } from '../../policies/system.ts';
import { memberOf, nameSet } from '../record.ts';

type ReachingApp = Pick<CompiledApp, 'type' | 'callees' | 'tools'>;

interface Reachable {
  readonly apps: { readonly [app: string]: ReachingApp };
  readonly rules: { readonly [ruleId: string]: CompiledRule };
}

/**
 * The union over all agents that can be reached by delegation, `start` included: transitive, cycles allowed.
 * `ownTools` are the tools that `start` serves itself.
 */
export function reachOf(start: string, { apps, rules }: Reachable, ownTools: Iterable<string>): CompiledApp['reach'] {
  const visited = new Set([start]);
  const reached = new Set([...ownTools].map((tool) => `${start}/${tool}`));
  // A set grows while it is walked: a breadth-first search without a queue.
  for (const name of visited) {
    const app = memberOf(apps, name);
    if (app === undefined) continue;
    for (const [server, tools] of Object.entries(app.tools)) {
      for (const [tool, ids] of Object.entries(tools)) {
        if (mayEverBeAllowed(ids, rules)) reached.add(`${server}/${tool}`);
      }
    }
    for (const [callee, protocols] of Object.entries(app.callees)) {
      if (protocols.a2a === true && memberOf(apps, callee)?.type === 'agent') visited.add(callee);
    }
  }
  return nameSet(reached);
}

/** No rules at all, or an `Allow` and no `Deny` that always matches. */
function mayEverBeAllowed(ids: readonly string[], rules: Reachable['rules']): boolean {
  const found = ids.map((id) => rules[id]);
  const alwaysDenied = found.some(
    (rule) => rule?.effect === 'Deny' && rule.enforcement === 'Enforce' && rule.arguments === null,
  );
  return ids.length === 0 || (!alwaysDenied && found.some((rule) => rule?.effect === 'Allow'));
}
