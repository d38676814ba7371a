import { setTimeout as sleep } from 'node:timers/promises';
import { confirmationMaxMs, type PeersFeed, paths } from '../../policies/wire.ts';
import { peersWaitSeconds, pollRetryMs } from '../limits.ts';
import { canonicalHost } from '../protocols/destination.ts';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';
import { type KnownPeer, parsePeers } from './peers.ts';

/** The addresses of workloads as the runtime sees the cluster; good while its last word is at most 30 s old, in monotonic time. */
export class PeerFeed {
  readonly #runtime: RuntimeClient;
  readonly #mas: string;
  readonly #monotonicMs: () => number;
  #version = '';
  #peers: ReadonlyMap<string, KnownPeer> = new Map();
  #heartbeatAtMs: number | null = null;

  constructor(runtime: RuntimeClient, mas: string, monotonicMs: () => number) {
    this.#runtime = runtime;
    this.#mas = mas;
    this.#monotonicMs = monotonicMs;
  }

  // INVARIANT (deny by default): without a recent word of the runtime every address may be a workload's.
  find(address: string): KnownPeer | null | 'unreadable' {
    const atMs = this.#heartbeatAtMs;
    if (atMs === null || this.#monotonicMs() - atMs > confirmationMaxMs) return 'unreadable';
    return this.#peers.get(canonicalHost(address)) ?? null;
  }

  /** Follows the runtime until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#poll(signal);
      } catch {
        await sleep(pollRetryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    // The first answer comes at once: no version is known.
    const askedAtMs = this.#monotonicMs();
    const limit = AbortSignal.any([signal, AbortSignal.timeout((peersWaitSeconds + 5) * 1000)]);
    const path = `${paths.peers(this.#mas)}?known=${encodeURIComponent(this.#version)}`;
    const response = await this.#runtime.get(path, { prefer: `wait=${peersWaitSeconds}` }, limit);
    if (!response.ok) throw new Error(`the feed answered ${response.status}`);
    const feed = (await response.json()) as Partial<PeersFeed> | null; // members are checked
    if (typeof feed?.version !== 'string') throw new Error('no feed of peers');
    if (feed.peers !== null) {
      const peers = parsePeers(feed.peers);
      if (peers === null) throw new Error('no list of peers');
      this.#peers = peers;
      this.#version = feed.version;
    } else if (feed.version !== this.#version) {
      throw new Error('a feed of other peers');
    }
    // An answer that was long on its way vouches for the moment it was due.
    this.#heartbeatAtMs = Math.min(this.#monotonicMs(), askedAtMs + peersWaitSeconds * 1000);
  }
}
