/** Resources by namespace: policies and workloads never reach over its border, so each is compiled by itself. */
import { compareText } from '../crds/issue.ts';
import type { RejectedResource } from '../crds/parse_resource.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';

export interface CompilableResources {
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  /** What `crds/load.ts` could not take. Pass what was loaded as a whole. */
  readonly rejected?: readonly RejectedResource[];
}

/** The lists are in an order of their own, whatever that of the input was. */
export interface NamespaceResources {
  readonly namespace: string;
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  readonly rejected: readonly RejectedResource[];
}

interface Drawer extends NamespaceResources {
  readonly systems: MultiAgentSystem[];
  readonly policies: CASAPolicy[];
  readonly rejected: RejectedResource[];
}

/** `isUnplaced`: something that could have been a policy is of nobody knows which namespace. */
export function splitByNamespace({ systems, policies, rejected = [] }: CompilableResources): {
  readonly namespaces: readonly NamespaceResources[];
  readonly isUnplaced: boolean;
} {
  const drawers = new Map<string, Drawer>();
  const drawer = (namespace: string): Drawer => {
    const found = drawers.get(namespace) ?? { namespace, systems: [], policies: [], rejected: [] };
    drawers.set(namespace, found);
    return found;
  };
  for (const system of systems) drawer(system.metadata.namespace).systems.push(system);
  for (const policy of policies) drawer(policy.metadata.namespace).policies.push(policy);
  for (const one of rejected) for (const namespace of namespacesOf(one)) drawer(namespace).rejected.push(one);
  for (const found of drawers.values()) {
    found.systems.sort(byName);
    found.policies.sort(byName);
    found.rejected.sort((a, b) => compareText(a.resource, b.resource));
  }
  return {
    namespaces: [...drawers.values()].sort((a, b) => compareText(a.namespace, b.namespace)),
    isUnplaced: rejected.some(({ kind, namespace }) => kind !== 'MultiAgentSystem' && namespace === null),
  };
}

/** The namespace as it was written, and that of the repair. */
function namespacesOf({ namespace, repaired }: RejectedResource): ReadonlySet<string> {
  const mended = repaired?.kind === 'system' ? repaired.system : repaired?.policy;
  return new Set([namespace, mended?.metadata.namespace ?? null].filter((name) => name !== null));
}

function byName(a: CASAPolicy | MultiAgentSystem, b: CASAPolicy | MultiAgentSystem): number {
  return compareText(a.metadata.name, b.metadata.name);
}
