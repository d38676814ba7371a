import type { V1Pod } from '@kubernetes/client-node';
import type { PepDocument } from '../../policies/pep.ts';
import { appLabel, masLabel } from '../../policies/pod_labels.ts';
import type { PeerAddress } from '../../policies/wire.ts';
import { appOfWorkload } from './known_workloads.ts';
import { workloadOfPod } from './workload_of_pod.ts';

/** Every address of the pods that may send or receive at the moment, sorted. */
export function peerAddresses(pods: readonly V1Pod[], systems: readonly PepDocument[]): readonly PeerAddress[] {
  return pods
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .flatMap((pod) => {
      const known = peerOf(pod, systems);
      // A pod on its node's network has the address of everything else there: it can be told from nothing.
      if (known.mas === null && pod.spec?.hostNetwork === true) return [];
      return addressesOf(pod).map((address) => ({ address, ...known }));
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** By its labels, and, for a pod from before the namespace was under enforcement, by its workload. */
function peerOf(pod: V1Pod, systems: readonly PepDocument[]): Omit<PeerAddress, 'address'> {
  const { namespace = '', labels = {} } = pod.metadata ?? {};
  const workload = workloadOfPod(pod);
  const mas = labels[masLabel];
  const app = appOfWorkload(systems, namespace, workload);
  if (mas !== undefined) return { mas: `${namespace}.${mas}`, app: labels[appLabel] ?? null, namespace, workload };
  return { mas: app?.mas ?? null, app: app?.app ?? null, namespace, workload };
}

function addressesOf({ status }: V1Pod): readonly string[] {
  const all = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(all.filter((address) => address !== undefined && address !== ''))] as readonly string[]; // filtered
}
