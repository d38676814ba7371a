/** Ceilings: every tool that a session entering at an app could ever call, along allowed edges. */
import type { CompiledApp, CompiledRule, CompiledSystem } from '../../policies/system.ts';
import { memberOf, nameSet, record } from '../record.ts';
import { strongComponents } from './strong_components.ts';

type ReachingApp = Pick<CompiledApp, 'type' | 'callees' | 'tools'>;

export interface Reachable {
  readonly apps: { readonly [app: string]: ReachingApp };
  readonly tools: CompiledSystem['tools'];
  readonly rules: { readonly [ruleId: string]: CompiledRule };
}

/**
 * For each app what it serves itself, what its own rules may ever allow, and the reach of every agent it may delegate
 * to: transitive, cycles allowed. Agents that reach each other have one reach.
 */
export function reachOf(reachable: Reachable): { readonly [app: string]: CompiledApp['reach'] } {
  const { apps } = reachable;
  const edges = new Map(
    Object.entries(apps).map(([name, { callees }]) => [
      name,
      Object.keys(callees).filter((to) => callees[to]?.a2a === true && memberOf(apps, to)?.type === 'agent'),
    ]),
  );
  const reached = new Map<string, CompiledApp['reach']>();
  for (const component of strongComponents(edges)) {
    const names = new Set(component.flatMap((name) => ownTools(name, reachable)));
    // Components come after those that they lead to: what is not there yet is in this one.
    for (const next of new Set(component.flatMap((name) => edges.get(name) ?? []))) {
      for (const tool of Object.keys(reached.get(next) ?? {})) names.add(tool);
    }
    const reach = nameSet(names);
    for (const name of component) reached.set(name, reach);
  }
  return record(reached);
}

function ownTools(name: string, { apps, tools, rules }: Reachable): readonly string[] {
  const served = Object.keys(memberOf(tools, name) ?? {}).map((tool) => `${name}/${tool}`);
  const callable = Object.entries(memberOf(apps, name)?.tools ?? {}).flatMap(([server, indexed]) =>
    Object.entries(indexed).flatMap(([tool, ids]) => (mayEverBeAllowed(ids, rules) ? [`${server}/${tool}`] : [])),
  );
  return [...served, ...callable];
}

/** No rules at all, or an `Allow` and no `Deny` that always matches. */
function mayEverBeAllowed(ids: readonly string[], rules: Reachable['rules']): boolean {
  const found = ids.map((id) => rules[id]);
  const alwaysDenied = found.some(
    (rule) => rule?.effect === 'Deny' && rule.enforcement === 'Enforce' && rule.arguments === null,
  );
  return ids.length === 0 || (!alwaysDenied && found.some((rule) => rule?.effect === 'Allow'));
}
