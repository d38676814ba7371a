/** MAS in the store: the one place where policy changes state (DESIGN 4). */

import { CasaError } from '../../policies/errors.ts';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { MasRegistration } from '../../policies/wire.ts';
import type { Parts } from '../parts.ts';
import { giveHint, type Queries } from '../store/store.ts';
import { topics } from '../traces/news.ts';
import { runtimeEvent } from '../traces/runtime_event.ts';
import { compileMas } from './compile_mas.ts';
import { pinnedTools } from './pinned_tools.ts';
import type { PolicySet, ServedMas } from './policy_set.ts';

/** Stores the MAS and serves it: both, or neither. */
export async function applyMas(parts: Parts, registration: MasRegistration, served: ServedMas): Promise<void> {
  const before = parts.policies.get(served.mas);
  const beforeSequence = parts.policies.sequence(served.mas);
  try {
    await parts.store.transaction(async (queries) => {
      const sequence = await writeMas(queries, registration, served, parts.world.now());
      const apps = Object.keys(served.pep.apps);
      await queries.query('delete from pep_keys where mas = $1 and not app = any($2::text[])', [served.mas, apps]);
      await giveHint(queries, topics.bundle(served.mas));
      parts.policies.serve(served, sequence);
    });
  } catch (error) {
    // Should the store have committed all the same, the sequence number says so, and `FollowedChanges` serves what is there.
    if (before === null) parts.policies.withdraw(served.mas);
    else parts.policies.serve(before, beforeSequence ?? 0);
    throw error;
  }
  announce(parts, served.mas, served.revision);
  // It serves from here on; while its identity provider is away nothing is issued, and reconciling goes on.
  await parts.identity.apply(served.mas);
  // Without its model a check has no verdict, and says so itself when it is asked.
  warmSemantic(parts, served).catch(() => undefined);
}

/** Loads ahead what the semantic check of this MAS needs, if it has one; throws where it cannot be had. */
export async function warmSemantic(parts: Pick<Parts, 'semantic'>, served: ServedMas): Promise<void> {
  if (served.system.checks.AI_POWERED_TOOL_MATCH) await parts.semantic.warm(served.semantic, pinnedTools(served));
}

/** Deletes the MAS with its keys, sessions and tokens, and what its identity provider keeps; its events stay. False: there is none. */
export async function deleteMas(parts: Parts, mas: string): Promise<boolean> {
  // First: without its row nobody could tell later that what the provider keeps is ours to remove.
  if ((await readMas(parts.store, mas)) !== null) await parts.identity.remove(mas);
  const rows = await parts.store.transaction(async (queries) => {
    await giveHint(queries, topics.bundle(mas));
    return queries.query('delete from mas where name = $1 returning name', [mas]);
  });
  parts.policies.withdraw(mas);
  parts.keys.forget(mas);
  if (rows.length > 0) announce(parts, mas, null);
  return rows.length > 0;
}

function announce(parts: Parts, mas: string, revision: string | null): void {
  parts.news.changed(topics.bundle(mas));
  parts.events.record({ ...runtimeEvent(parts.world, mas, null), kind: 'policy_changed', revision });
}

interface MasRow {
  readonly name: string;
  readonly revision: string;
  readonly resources: string;
  readonly policy_sequence: number;
}

export interface StoredMas extends MasRegistration {
  readonly mas: string;
  readonly revision: string;
}

/** One MAS as it was applied, or null. */
export async function readMas(queries: Queries, mas: string): Promise<StoredMas | null> {
  const [row] = await queries.query<MasRow>(
    'select name, revision, resources, policy_sequence from mas where name = $1',
    [mas],
  );
  return row === undefined ? null : storedMas(row);
}

export async function listMas(queries: Queries): Promise<readonly StoredMas[]> {
  return (await queries.query<MasRow>('select name, revision, resources, policy_sequence from mas order by name')).map(
    storedMas,
  );
}

function storedMas(row: MasRow): StoredMas {
  return { mas: row.name, revision: row.revision, ...(JSON.parse(row.resources) as MasRegistration) }; // by writeMas
}

/** The number of this change. */
async function writeMas(
  queries: Queries,
  registration: MasRegistration,
  served: ServedMas,
  now: number,
): Promise<number> {
  const [row] = await queries.query<{ policy_sequence: number }>(
    `insert into mas (name, revision, resources, bundle, updated_at) values ($1, $2, $3, $4, $5)
     on conflict (name) do update set
       revision = excluded.revision, resources = excluded.resources, bundle = excluded.bundle,
       updated_at = excluded.updated_at, policy_sequence = excluded.policy_sequence
     returning policy_sequence`,
    [served.mas, served.revision, JSON.stringify(registration), served.packed, now],
  );
  if (row === undefined) throw new CasaError('bug', 'an upsert gives its row');
  return row.policy_sequence;
}

/** A stored MAS that does not serve, and why. */
export interface NotServed {
  readonly mas: string;
  readonly why: string;
}

/**
 * Serves every stored MAS with the rules of this program; its bundle is stored anew when those differ from the ones that
 * made it. INVARIANT (deny by default): what cannot be loaded is not served, and so denied.
 */
export async function serveStoredMas(
  queries: Queries,
  policies: PolicySet,
  modules: PolicyModules,
  now: number,
): Promise<readonly NotServed[]> {
  const notServed: NotServed[] = [];
  const rows = await queries.query<MasRow>('select name, revision, resources, policy_sequence from mas order by name');
  for (const row of rows) {
    try {
      const served = await compileStored(row, modules);
      policies.serve(served, row.policy_sequence);
      if (served.revision !== row.revision) {
        // Unless another replica has changed the MAS meanwhile.
        await queries.query(
          'update mas set revision = $1, bundle = $2, updated_at = $3 where name = $4 and policy_sequence = $5',
          [served.revision, served.packed, now, row.name, row.policy_sequence],
        );
      }
    } catch (error) {
      notServed.push({ mas: row.name, why: error instanceof Error ? error.message : 'unknown' });
    }
  }
  return notServed;
}

/** A stored MAS compiled with the rules of this program, and the number of its last change; null when there is none. */
export async function readServed(
  queries: Queries,
  mas: string,
  modules: PolicyModules,
): Promise<{ readonly served: ServedMas; readonly sequence: number } | null> {
  const [row] = await queries.query<MasRow>(
    'select name, revision, resources, policy_sequence from mas where name = $1',
    [mas],
  );
  return row === undefined ? null : { served: await compileStored(row, modules), sequence: row.policy_sequence };
}

async function compileStored(row: MasRow, modules: PolicyModules): Promise<ServedMas> {
  const { mas: _mas, revision: _revision, ...registration } = storedMas(row);
  const compiled = await compileMas(registration, modules);
  if (compiled.kind === 'issues') throw new CasaError('bundle_corrupt', compiled.issues[0]?.message ?? 'no system');
  return compiled.served;
}
