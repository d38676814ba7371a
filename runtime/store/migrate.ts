/** Brings a database to this version: numbered files, forward only, each held to the checksum it was applied with. */
import { readdirSync, readFileSync } from 'node:fs';
import { sha256Hex } from '../../policies/canonical.ts';
import { CasaError } from '../../policies/errors.ts';
import type { Queries, Store } from './store.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Reads the migrations beside this file, in order. */
export function readMigrations(): readonly Migration[] {
  const directory = new URL('./migrations/', import.meta.url);
  return readdirSync(directory)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      name,
      sql: readFileSync(new URL(name, directory), 'utf8'),
    }));
}

/** Any number that no other use of this database has. */
const migrationLock = 727_101;

/**
 * Applies what is missing in one transaction. Throws CasaError('store_migration_failed') when an applied migration differs
 * from the file, or the database is newer than this program.
 */
export function migrate(store: Store, migrations: readonly Migration[], now: number): Promise<void> {
  return store.transaction(async (queries) => {
    await queries.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await queries.script(
      'create table if not exists schema_migrations (version int primary key, name text not null, checksum text not null, applied_at bigint not null)',
    );
    const applied = await queries.query<{ version: number; checksum: string }>(
      'select version, checksum from schema_migrations order by version',
    );
    checkApplied(applied, migrations);
    for (const migration of migrations) {
      if (!applied.some(({ version }) => version === migration.version)) await apply(queries, migration, now);
    }
  });
}

function checkApplied(
  applied: readonly { readonly version: number; readonly checksum: string }[],
  migrations: readonly Migration[],
): void {
  for (const { version, checksum } of applied) {
    const migration = migrations.find((candidate) => candidate.version === version);
    if (migration === undefined) {
      throw new CasaError('store_migration_failed', `the database has migration ${version}, which this version lacks`);
    }
    if (sha256Hex(migration.sql) !== checksum) {
      throw new CasaError('store_migration_failed', `\`${migration.name}\` is not the file that was applied`);
    }
  }
}

async function apply(queries: Queries, migration: Migration, now: number): Promise<void> {
  try {
    await queries.script(migration.sql);
  } catch (cause) {
    throw new CasaError('store_migration_failed', `\`${migration.name}\` could not be applied`, { cause });
  }
  await queries.query('insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, $4)', [
    migration.version,
    migration.name,
    sha256Hex(migration.sql),
    now,
  ]);
}
