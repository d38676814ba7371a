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
  readonly account: string;
  /** null: it runs nowhere yet. */
  readonly node: string | null;
}

export interface Cluster {
  /** The pod that a ServiceAccount token of our audience is bound to; null for every other token. Throws `kubernetes_unavailable`. */
  podOfToken(token: string): Promise<BoundPod | null>;
  /** The client ids of the apps with a pod on the node whose agent has this token; null for every other token. */
  appsOfNodeToken(token: string): Promise<ReadonlySet<string> | null>;
  /** The workloads' addresses; null when they are not known at the moment. */
  peers(): KnownPeers | null;
}

export interface KnownPeers {
  /** Changes with the addresses, and only with them. */
  readonly version: string;
  readonly peers: readonly PeerAddress[];
}
