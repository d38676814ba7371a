import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionState } from '../../policies/contract.ts';
import { confirmationMaxMs, paths, type RevocationFeed } from '../../policies/wire.ts';
import { confirmationsMax, pollRetryMs, revocationsWaitSeconds, revokedMax } from '../limits.ts';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';

/**
 * Whether a session is still live: by the revocation feed while its last heartbeat is at most 30 s old, else by one
 * introspection a session, good for 30 s. Time is monotonic.
 */
export class SessionStates {
  readonly #runtime: RuntimeClient;
  readonly #mas: string;
  readonly #monotonicMs: () => number;
  readonly #revoked = new Set<string>();
  /** When an introspection last vouched for a session. */
  readonly #confirmedAtMs = new Map<string, number>();
  #sequence = 0;
  #heartbeatAtMs: number | null = null;
  #following = false;

  constructor(runtime: RuntimeClient, mas: string, monotonicMs: () => number) {
    this.#runtime = runtime;
    this.#mas = mas;
    this.#monotonicMs = monotonicMs;
  }

  /** `token` is one of the session's, for the introspection. */
  async state(sessionId: string, token: string, signal: AbortSignal): Promise<SessionState> {
    if (this.#revoked.has(sessionId)) return 'revoked';
    if (this.#isRecent(this.#heartbeatAtMs)) return 'live';
    if (this.#isRecent(this.#confirmedAtMs.get(sessionId) ?? null)) return 'live';
    try {
      const askedAtMs = this.#monotonicMs();
      const { active } = await this.#runtime.introspect(token, signal);
      if (!active) return 'revoked';
      if (this.#confirmedAtMs.size >= confirmationsMax) this.#confirmedAtMs.clear();
      this.#confirmedAtMs.set(sessionId, askedAtMs);
      return 'live';
    } catch {
      // INVARIANT (deny by default): nobody vouched for this session.
      return 'unconfirmed';
    }
  }

  /** Follows the feed until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#poll(signal);
      } catch {
        this.#following = false;
        await sleep(pollRetryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    // The first answer must not wait for news: it is the first heartbeat.
    const waitSeconds = this.#following ? revocationsWaitSeconds : 0;
    const askedAtMs = this.#monotonicMs();
    const limit = AbortSignal.any([signal, AbortSignal.timeout((waitSeconds + 5) * 1000)]);
    const path = `${paths.revocations(this.#mas)}?after=${this.#sequence}`;
    const response = await this.#runtime.get(path, { prefer: `wait=${waitSeconds}` }, limit);
    if (!response.ok) throw new Error(`the feed answered ${response.status}`);
    const feed = parseFeed(await response.json());
    for (const sessionId of feed.sessionIds) this.#revoked.add(sessionId);
    this.#sequence = feed.sequence;
    this.#following = true;
    // An answer that was long on its way vouches for the moment it was due; a full list vouches for nothing.
    const dueAtMs = Math.min(this.#monotonicMs(), askedAtMs + waitSeconds * 1000);
    this.#heartbeatAtMs = this.#revoked.size > revokedMax ? null : dueAtMs;
  }

  #isRecent(atMs: number | null): boolean {
    return atMs !== null && this.#monotonicMs() - atMs <= confirmationMaxMs;
  }
}

function parseFeed(value: unknown): { readonly sequence: number; readonly sessionIds: readonly string[] } {
  const feed = value as Partial<RevocationFeed> | null; // members are checked
  if (typeof feed?.sequence !== 'number' || !Array.isArray(feed.revoked)) throw new Error('no revocation feed');
  return { sequence: feed.sequence, sessionIds: feed.revoked.map((entry) => String(entry.session_id)) };
}
