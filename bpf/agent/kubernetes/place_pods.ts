import type { V1Pod } from '@kubernetes/client-node';
import type { MapRow } from '../../../policies/maps.ts';
import { appLabel, masLabel } from '../../../policies/pod_labels.ts';
import type { PlacedCgroup } from '../placed/placed.ts';
import type { KernelRow } from '../rows/kernel_row.ts';
import { kernelRow } from '../rows/resolve_rows.ts';
import { findContainerCgroup, findPodCgroup } from './find_cgroup.ts';

/** The webhook's names: no container of an app can have them. */
export const sidecarName = 'casa-sidecar';
export const redirectName = 'casa-redirect';

export interface PodFacts {
  readonly kubepods: string;
  /** What only enforcement points reach: the runtime. */
  readonly sidecarReaches: readonly MapRow[];
}

/** Loopback, in a pod: its own containers and nobody else. */
const loopback: readonly KernelRow[] = (['tcp', 'udp'] as const).flatMap((proto) =>
  ['127.0.0.0/8', '::1/128'].flatMap((cidr) => kernelRow(proto, 0, cidr)),
);

/**
 * The cgroups of the pods that are apps of a MAS. INVARIANT (deny by default): a pod is closed before its containers are known,
 * and each container gets the rows of its part only.
 */
export function placePods(pods: readonly V1Pod[], facts: PodFacts): readonly PlacedCgroup[] {
  return pods.flatMap((pod) => {
    const { uid, namespace, labels } = pod.metadata ?? {};
    const [mas, app] = [labels?.[masLabel], labels?.[appLabel]];
    if (uid === undefined || mas === undefined || app === undefined) return [];
    const cgroup = findPodCgroup(facts.kubepods, uid);
    if (cgroup === null) return [];
    const known = { mas: `${namespace}.${mas}`, alsoAllow: [], alsoNamed: [] };
    return [
      { ...known, app: null, cgroup, extent: 'pod' as const, hashesTokens: false },
      ...placeContainers(pod, cgroup, facts).map((container) => ({ ...known, app, ...container })),
    ];
  });
}

type Part = Pick<PlacedCgroup, 'cgroup' | 'extent' | 'hashesTokens' | 'alsoAllow' | 'alsoNamed'>;

function placeContainers(pod: V1Pod, podCgroup: string, facts: PodFacts): readonly Part[] {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, containerID }) => {
    // It redirects and ends; it needs no connection, and tools of its kind open raw sockets.
    if (name === redirectName || containerID === undefined) return [];
    const cgroup = findContainerCgroup(podCgroup, containerID);
    if (cgroup === null) return [];
    const isSidecar = name === sidecarName;
    const own = isSidecar ? addressesOf(pod).flatMap((address) => kernelRow('tcp', 0, hostPrefix(address))) : [];
    return {
      cgroup,
      extent: 'container' as const,
      hashesTokens: isSidecar,
      alsoAllow: [...loopback, ...own],
      alsoNamed: isSidecar ? facts.sidecarReaches : [],
    };
  });
}

/** An Envoy hands what it let in to its app, at the pod's own address. */
function addressesOf({ status }: V1Pod): readonly string[] {
  const all = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(all.flatMap((address) => (address ? [address] : [])))];
}

function hostPrefix(address: string): string {
  return address.includes(':') ? `${address}/128` : `${address}/32`;
}
