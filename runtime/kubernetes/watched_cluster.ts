/** The cluster as the runtime sees it: its pods under enforcement, watched, and whose their tokens are. */
import { CoreV1Api, type KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { sha256Hex } from '../../policies/canonical.ts';
import type { PepDocument } from '../../policies/pep.ts';
import { appLabel, masLabel } from '../../policies/pod_labels.ts';
import { clientId, type PeerAddress } from '../../policies/wire.ts';
import type { BoundPod, Cluster, KnownPeers } from '../clients/cluster.ts';
import type { PolicySet } from '../policy/policy_set.ts';
import { type News, topics } from '../traces/news.ts';
import { KeptInformer } from './kept_informer.ts';
import { namespacesOf } from './known_workloads.ts';
import { NamespacePods } from './namespace_pods.ts';
import { peerAddresses } from './peer_addresses.ts';
import { type Clocks, TokenReviewer } from './token_reviewer.ts';

/** Changes that come together are told together. */
const settleMs = 50;
/** As in the chart. */
export const nodeAgentAccount = 'casa-node-agent';
const followMs = 1_000;

export interface ClusterParts {
  readonly config: KubeConfig;
  /** Where the runtime and the node agents run. */
  readonly namespace: string;
  readonly news: News;
  /** What is served at the moment. */
  readonly policies: PolicySet;
  readonly clocks: Clocks;
  readonly warn: (error: unknown, message: string) => void;
}

export class WatchedCluster implements Cluster {
  readonly #parts: ClusterParts;
  readonly #pods: KeptInformer<V1Pod>;
  /** Those without an enforcement point, too. */
  readonly #others: NamespacePods;
  readonly #reviewer: TokenReviewer;
  readonly #listeners: (() => void)[] = [];
  #known: KnownPeers = knownPeers([]);
  #settling: NodeJS.Timeout | null = null;
  #following: NodeJS.Timeout | null = null;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { config } = parts;
    this.#reviewer = new TokenReviewer(config, parts.clocks);
    const core = config.makeApiClient(CoreV1Api);
    const list = () => core.listPodForAllNamespaces({ labelSelector: masLabel });
    this.#pods = new KeptInformer(makeInformer<V1Pod>(config, '/api/v1/pods', list, masLabel), {
      changed: (pod) => this.#changed(pod),
      failed: (error) => parts.warn(error, 'the watch of pods ended, and starts again'),
    });
    this.#others = new NamespacePods(config, {
      changed: () => this.#settleSoon(),
      failed: (error) => parts.warn(error, 'the watch of a namespace ended, and starts again'),
    });
  }

  async start(): Promise<void> {
    await this.#pods.start();
    this.#follow();
    this.#following = setInterval(() => this.#follow(), followMs);
  }

  async stop(): Promise<void> {
    if (this.#settling !== null) clearTimeout(this.#settling);
    if (this.#following !== null) clearInterval(this.#following);
    await Promise.all([this.#pods.stop(), this.#others.stop()]);
  }

  pods(): readonly V1Pod[] {
    return this.#pods.list();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  podOfToken(token: string): Promise<BoundPod | null> {
    return this.#reviewer.podOfToken(token);
  }

  // INVARIANT (deny by default): by its ServiceAccount, which only the runtime's own namespace can give, and for its own node.
  async appsOfNodeToken(token: string): Promise<ReadonlySet<string> | null> {
    const agent = await this.#reviewer.podOfToken(token);
    if (agent === null || agent.node === null) return null;
    if (agent.namespace !== this.#parts.namespace || agent.account !== nodeAgentAccount) return null;
    const own = this.#pods.list().filter(({ spec }) => spec?.nodeName === agent.node);
    return new Set(own.flatMap(clientIdOf));
  }

  // INVARIANT (deny by default): while the watch is away nobody is told that all workloads are known.
  peers(): KnownPeers | null {
    if (!this.#pods.current || !this.#others.current) return null;
    if (this.#settling !== null) this.#settle();
    return this.#known;
  }

  #changed(pod: V1Pod | null): void {
    if (pod !== null) this.#reviewer.forget(pod.metadata?.namespace ?? '');
    for (const listener of this.#listeners) listener();
    this.#settleSoon();
  }

  #settleSoon(): void {
    this.#settling ??= setTimeout(() => this.#settle(), settleMs);
  }

  /** Systems come and go, and with them the namespaces that matter. */
  #follow(): void {
    this.#others.follow(namespacesOf(this.#systems()));
    this.#settle();
  }

  #systems(): readonly PepDocument[] {
    const { policies } = this.#parts;
    return policies.names().flatMap((mas) => policies.get(mas)?.pep ?? []);
  }

  #everyPod(): readonly V1Pod[] {
    const all = [...this.#others.list(), ...this.#pods.list()];
    return [...new Map(all.map((pod) => [pod.metadata?.uid, pod])).values()];
  }

  #settle(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = null;
    const { version } = this.#known;
    this.#known = knownPeers(peerAddresses(this.#everyPod(), this.#systems()));
    if (version !== this.#known.version) this.#parts.news.changed(topics.peers);
  }
}

function clientIdOf({ metadata }: V1Pod): readonly string[] {
  const [mas, app] = [metadata?.labels?.[masLabel], metadata?.labels?.[appLabel]];
  return mas === undefined || app === undefined ? [] : [clientId(`${metadata?.namespace}.${mas}`, app)];
}

function knownPeers(peers: readonly PeerAddress[]): KnownPeers {
  return { version: sha256Hex(JSON.stringify(peers)), peers };
}
