/** Whether this replica serves everything that is stored, as it was last changed. */
import type { Parts } from '../parts.ts';

/** The body of `/ready`. */
export interface Readiness {
  readonly ready: boolean;
  /** Whether the store answers. */
  readonly store: boolean;
  /** Systems that are stored and not served. */
  readonly policy_missing: readonly string[];
  /** Systems of which a change is stored that is not served yet, or cannot be. */
  readonly policy_behind: readonly string[];
  readonly identity: Awaited<ReturnType<Parts['identity']['status']>>;
}

interface StoredSequence {
  readonly name: string;
  readonly policy_sequence: number;
}

export async function readReadiness({ store, policies, identity }: Parts): Promise<Readiness> {
  const stored = await store
    .query<StoredSequence>('select name, policy_sequence from mas order by name')
    .catch(() => null);
  const missing = stored?.filter(({ name }) => policies.sequence(name) === null) ?? [];
  // What is being applied here right now is served a moment before it is stored, and so may be ahead.
  const behind = stored?.filter(({ name, policy_sequence: last }) => (policies.sequence(name) ?? last) < last) ?? [];
  return {
    ready: stored !== null && missing.length === 0 && behind.length === 0,
    store: stored !== null,
    policy_missing: missing.map(({ name }) => name),
    policy_behind: behind.map(({ name }) => name),
    // Away, it stops what is new and nothing else: tokens that are out are still introspected and revoked here.
    identity: await identity.status(),
  };
}
