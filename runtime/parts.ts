/** What the runtime's functions are given: nothing below `main.ts` reaches for the clock, chance or the world itself. */
import type { Cluster } from './clients/cluster.ts';
import type { IdentityProvider } from './identity/identity_provider.ts';
import type { SigningKeys } from './keys/signing_keys.ts';
import type { PolicySet } from './policy/policy_set.ts';
import type { SemanticChecks } from './semantic/open_semantic_check.ts';
import type { Store } from './store/store.ts';
import type { EventQueue } from './traces/event_queue.ts';
import type { News } from './traces/news.ts';

export interface Parts {
  readonly store: Store;
  readonly keys: SigningKeys;
  readonly identity: IdentityProvider;
  readonly policies: PolicySet;
  readonly semantic: SemanticChecks;
  readonly events: EventQueue;
  readonly news: News;
  /** null: not in a cluster. */
  readonly cluster: Cluster | null;
  readonly world: World;
}

export interface World {
  /** Milliseconds since the epoch. */
  now(): number;
  uuid(): string;
  /** Lower-case hex of this many random bytes. */
  randomHex(bytes: number): string;
  /** Without a slash at its end. Known once the server listens. */
  baseUrl(): string;
}

/** Seconds since the epoch, as tokens count. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
