import type { V1Pod } from '@kubernetes/client-node';
import { appLabel, masLabel } from '../../policies/pod_labels.ts';
import type { PeerAddress } from '../../policies/wire.ts';
import { workloadOfPod } from './workload_of_pod.ts';

/** Every address of the pods that may send or receive at the moment, sorted. */
export function peerAddresses(pods: readonly V1Pod[]): readonly PeerAddress[] {
  return pods
    .flatMap((pod) => {
      const { metadata, status } = pod;
      const mas = metadata?.labels?.[masLabel];
      const namespace = metadata?.namespace ?? '';
      if (mas === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
      const app = metadata?.labels?.[appLabel] ?? null;
      const known = { mas: `${namespace}.${mas}`, app, namespace, workload: workloadOfPod(pod) };
      return addressesOf(pod).map((address) => ({ address, ...known }));
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

function addressesOf({ status }: V1Pod): readonly string[] {
  const all = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(all.filter((address) => address !== undefined && address !== ''))] as readonly string[]; // filtered
}
