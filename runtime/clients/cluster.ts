/** What the runtime asks the Kubernetes cluster in which it serves: who a pod is, and which addresses are workloads. */
import type { PeerAddress } from '../../policies/wire.ts';

/** A pod as the API server vouches for it. */
export interface BoundPod {
  readonly namespace: string;
  /** The MAS's own name and the app's, as the webhook wrote them on the pod; null: not there. */
  readonly mas: string | null;
  readonly app: string | null;
  /** The Deployment, StatefulSet, ... that made the pod, or the pod itself. */
  readonly workload: string;
}

export interface Cluster {
  /** The pod that a ServiceAccount token of our audience is bound to; null for every other token. Throws `kubernetes_unavailable`. */
  podOfToken(token: string): Promise<BoundPod | null>;
  /** The workloads' addresses; null when they are not known at the moment. */
  peers(): KnownPeers | null;
}

export interface KnownPeers {
  /** Changes with the addresses, and only with them. */
  readonly version: string;
  readonly peers: readonly PeerAddress[];
}
