import type { V1Pod } from '@kubernetes/client-node';

/** The workload of a pod by its owner's name: a Deployment's pods belong to a ReplicaSet with a hash in its name. */
export function workloadOfPod({ metadata }: V1Pod): string {
  const controller = metadata?.ownerReferences?.find((reference) => reference.controller);
  const hash = metadata?.labels?.['pod-template-hash'];
  const name = controller?.name ?? metadata?.name ?? '';
  const isDeployment = controller?.kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`);
  return isDeployment ? name.slice(0, -hash.length - 1) : name;
}
