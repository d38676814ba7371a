/** The public keys by which enforcement points prove who they are. */
import { importJWK, type JSONWebKeySet } from 'jose';
import type { JsonObject } from '../../policies/contract.ts';
import type { AppRegistration } from '../../policies/wire.ts';
import { signingAlgorithm } from '../keys/signing_keys.ts';
import type { Queries } from '../store/store.ts';

export const keysPerAppMax = 8;

/** Replaces the keys of the app's enforcement point. */
export async function registerPepKeys(queries: Queries, registration: AppRegistration, now: number): Promise<void> {
  await queries.query(
    `insert into pep_keys (mas, app, jwks, registered_at) values ($1, $2, $3, $4)
     on conflict (mas, app) do update set jwks = excluded.jwks, registered_at = excluded.registered_at`,
    [registration.mas, registration.app, JSON.stringify(registration.jwks), now],
  );
}

export async function readPepKeys(queries: Queries, mas: string, app: string): Promise<JSONWebKeySet | null> {
  const [row] = await queries.query<{ jwks: string }>('select jwks from pep_keys where mas = $1 and app = $2', [
    mas,
    app,
  ]);
  return row === undefined ? null : (JSON.parse(row.jwks) as JSONWebKeySet); // written by registerPepKeys
}

/** Every registered app, in order. */
export async function listPepKeys(queries: Queries): Promise<readonly AppRegistration[]> {
  const rows = await queries.query<{ mas: string; app: string; jwks: string }>(
    'select mas, app, jwks from pep_keys order by mas, app',
  );
  return rows.map(({ mas, app, jwks }) => ({ mas, app, jwks: JSON.parse(jwks) as AppRegistration['jwks'] })); // as above
}

/** The registration, or what is wrong with it. */
export async function parseAppRegistration(value: unknown): Promise<AppRegistration | string> {
  if (!isObject(value)) return 'the body must be an object';
  const { mas, app, jwks } = value;
  if (typeof mas !== 'string' || typeof app !== 'string') return '`mas` and `app` must be names';
  const keys = isObject(jwks) ? jwks.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > keysPerAppMax) {
    return `\`jwks.keys\` must hold 1 to ${keysPerAppMax} keys`;
  }
  const publicKeys: JsonObject[] = [];
  for (const key of keys) {
    const publicKey = await parsePublicKey(key);
    if (publicKey === null) return `\`jwks.keys[${publicKeys.length}]\` is no public P-256 key with a \`kid\``;
    publicKeys.push(publicKey);
  }
  return { mas, app, jwks: { keys: publicKeys } };
}

/** The members of a public EC key that are needed, and null for anything else, a private key included. */
async function parsePublicKey(key: unknown): Promise<JsonObject | null> {
  if (!isObject(key) || 'd' in key) return null;
  const { kty, crv, x, y, kid } = key;
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string' || typeof kid !== 'string') {
    return null;
  }
  const publicKey = { kty, crv, x, y, kid, alg: signingAlgorithm, use: 'sig' };
  const imported = await importJWK(publicKey, signingAlgorithm).catch(() => null);
  return imported === null ? null : publicKey;
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
