import { join } from 'node:path';

/** The one node's name and addresses; each box has a network of its own, so that all boxes may have the same. */
export const network = {
  nodeName: 'casa-node',
  nodeAddress: '172.31.0.1',
  apiPort: 6443,
  podCidr: '10.244.0.0/24',
  // The range of minikube and kind, so that a Service with a fixed address fits all three.
  serviceCidr: '10.96.0.0/16',
  dnsAddress: '10.96.0.10',
} as const;

/** Where a box keeps its things, all below one folder. */
export interface BoxPlaces {
  readonly folder: string;
  readonly record: string;
  readonly logs: string;
  readonly secrets: string;
  /** containerd's socket: `ctr` may ask from outside of the box. */
  readonly containerdSocket: string;
  /** Leads to the API server, from outside of the box's network. */
  readonly apiSocket: string;
  /** For the programs in the box. */
  readonly kubeconfig: string;
}

export function boxPlaces(folder: string): BoxPlaces {
  return {
    folder,
    record: join(folder, 'box.json'),
    logs: join(folder, 'logs'),
    secrets: join(folder, 'secrets'),
    containerdSocket: join(folder, 'containerd.sock'),
    apiSocket: join(folder, 'api.sock'),
    kubeconfig: join(folder, 'secrets', 'kubeconfig.inside'),
  };
}
