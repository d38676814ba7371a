/** Who may look: a one-time code is traded for a secret that the browser keeps. The store has only their hashes. */
import { sha256Hex } from '../../policies/canonical.ts';
import type { World } from '../parts.ts';
import type { Queries, Store } from '../store/store.ts';

export const codeTtlMs = 60 * 60 * 1000;
export const signInTtlMs = 12 * 60 * 60 * 1000;
/** The oldest sign-in makes room. */
export const signInsMax = 32;
/** Codes that nobody has used yet; the oldest makes room. */
export const codesMax = 32;
const secretBytes = 32;
const secretShape = /^[0-9a-f]{64}$/;

interface Given {
  readonly store: Store;
  readonly world: World;
}

/** A new code, good once and for an hour. */
export async function makeCode({ store, world }: Given): Promise<string> {
  const code = world.randomHex(secretBytes);
  const now = world.now();
  await store.transaction(async (queries) => {
    await queries.query('delete from explorer_codes where expires_at <= $1', [now]);
    await queries.query(
      `delete from explorer_codes where code_hash in
         (select code_hash from explorer_codes order by expires_at desc, code_hash offset $1)`,
      [codesMax - 1],
    );
    await queries.query('insert into explorer_codes (code_hash, expires_at) values ($1, $2)', [
      sha256Hex(code),
      now + codeTtlMs,
    ]);
  });
  return code;
}

/** The browser's secret for a code, which is used up; null when the code is unknown, used, or past its time. */
export async function tradeCode({ store, world }: Given, code: string): Promise<string | null> {
  if (!secretShape.test(code)) return null;
  const now = world.now();
  return store.transaction(async (queries) => {
    const used = await queries.query(
      'delete from explorer_codes where code_hash = $1 and expires_at > $2 returning code_hash',
      [sha256Hex(code), now],
    );
    if (used.length === 0) return null;
    const secret = world.randomHex(secretBytes);
    await keepSignIn(queries, sha256Hex(secret), now);
    return secret;
  });
}

async function keepSignIn(queries: Queries, hash: string, now: number): Promise<void> {
  await queries.query('delete from explorer_signins where expires_at <= $1', [now]);
  await queries.query(
    `delete from explorer_signins where secret_hash in
       (select secret_hash from explorer_signins order by signed_in_at desc, secret_hash offset $1)`,
    [signInsMax - 1],
  );
  await queries.query('insert into explorer_signins (secret_hash, signed_in_at, expires_at) values ($1, $2, $3)', [
    hash,
    now,
    now + signInTtlMs,
  ]);
}

/** INVARIANT (deny by default): nobody is signed in whose secret the store does not know. */
export async function isSignedIn({ store, world }: Given, secret: string | null): Promise<boolean> {
  if (secret === null || !secretShape.test(secret)) return false;
  const known = await store.query('select 1 from explorer_signins where secret_hash = $1 and expires_at > $2', [
    sha256Hex(secret),
    world.now(),
  ]);
  return known.length === 1;
}

export async function signOut({ store }: Given, secret: string): Promise<void> {
  await store.query('delete from explorer_signins where secret_hash = $1', [sha256Hex(secret)]);
}
