/** Which pods of a cluster matter to the systems that are served: pure. */
import type { PepDocument } from '../../policies/pep.ts';

/** The namespaces of the systems, and those that their `ingress` names. */
export function namespacesOf(systems: readonly PepDocument[]): ReadonlySet<string> {
  return new Set(systems.flatMap((system) => [system.namespace, ...ingressNamespaces(system)]));
}

/** The namespaces whose workloads may start sessions here. */
export function ingressNamespaces({ apps }: PepDocument): readonly string[] {
  const rules = Object.values(apps).flatMap(({ ingress }) => ingress ?? []);
  return rules.flatMap((rule) => (rule.kind === 'workload' ? [rule.namespace] : []));
}

/** The app that a workload is, with or without an enforcement point; null: of no system. */
export function appOfWorkload(
  systems: readonly PepDocument[],
  namespace: string,
  workload: string,
): { readonly mas: string; readonly app: string } | null {
  for (const { mas, namespace: own, apps } of systems) {
    if (own !== namespace) continue;
    const found = Object.entries(apps).find(([, app]) => app.workload === workload);
    if (found !== undefined) return { mas, app: found[0] };
  }
  return null;
}
