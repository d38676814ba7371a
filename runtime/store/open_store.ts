/** Opens the store that the flags ask for, and brings it to this version. */
import { mkdirSync } from 'node:fs';
import { migrate, readMigrations } from './migrate.ts';
import { openPgStore } from './pg_store.ts';
import { openPgliteStore } from './pglite_store.ts';
import type { Store } from './store.ts';

export type StoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'server'; readonly url: string };

/** What a migration of a large table may take, and another replica's wait for it. */
const migrationTimeoutMs = 10 * 60_000;

/** A store that is migrated and answers; throws CasaError of the store. */
export async function openStore(location: StoreLocation, now: number): Promise<Store> {
  if (location.kind !== 'server') return migrated(connect(location), now);
  const migrating = await migrated(openPgStore(location.url, migrationTimeoutMs), now);
  await migrating.close();
  return openPgStore(location.url);
}

async function migrated(store: Store, now: number): Promise<Store> {
  try {
    await migrate(store, readMigrations(), now);
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
  return store;
}

function connect(location: Exclude<StoreLocation, { kind: 'server' }>): Store {
  if (location.kind === 'memory') return openPgliteStore(null);
  mkdirSync(location.path, { recursive: true, mode: 0o700 });
  return openPgliteStore(location.path);
}
