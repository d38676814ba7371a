/** The keys that sign tokens: ES256, made for each MAS when it is first needed, private parts encrypted at rest. */
import { createHash, KeyObject } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { sipKeyBytes } from '../../policies/sip_hash.ts';
import type { Queries, Store } from '../store/store.ts';
import type { KeyEncryption } from './key_encryption.ts';

export const signingAlgorithm = 'ES256';

/** The keys of one MAS. `current` signs, all of them verify. */
export interface KeySet {
  readonly current: { readonly kid: string; readonly key: CryptoKey };
  readonly verifying: ReadonlyMap<string, CryptoKey>;
  readonly jwks: { readonly keys: readonly JWK[] };
  /** Under which its tokens are hashed for node agents: of all MAS and replicas the same. */
  readonly tokenHashKey: Uint8Array;
}

interface KeyRow {
  readonly kid: string;
  readonly public_jwk: string;
  readonly private_jwk_encrypted: Uint8Array;
}

/** Reads keys once and keeps them: call it before a transaction, never inside one. */
export class SigningKeys {
  readonly #store: Store;
  readonly #encryption: KeyEncryption;
  readonly #sets = new Map<string, Promise<KeySet>>();

  constructor(store: Store, encryption: KeyEncryption) {
    this.#store = store;
    this.#encryption = encryption;
  }

  /** The MAS must be stored: its keys go when it is deleted. */
  of(mas: string, now: number): Promise<KeySet> {
    const known = this.#sets.get(mas);
    if (known !== undefined) return known;
    const opened = this.#open(mas, now);
    this.#sets.set(mas, opened);
    opened.catch(() => this.#sets.delete(mas));
    return opened;
  }

  /** `KeySet.tokenHashKey`; never stored. */
  tokenHashKey(): Uint8Array {
    return tokenHashKeyOf(this.#encryption);
  }

  forget(mas: string): void {
    this.#sets.delete(mas);
  }

  async #open(mas: string, now: number): Promise<KeySet> {
    const made = await makeRow(mas, this.#encryption);
    const rows = await this.#store.transaction(async (queries) => {
      // Two replicas that start at once agree on one key.
      await queries.query('select name from mas where name = $1 for no key update', [mas]);
      const stored = await readRows(queries, mas);
      if (stored.length > 0) return stored;
      await queries.query(
        'insert into signing_keys (kid, mas, public_jwk, private_jwk_encrypted, created_at) values ($1, $2, $3, $4, $5)',
        [made.kid, mas, made.public_jwk, made.private_jwk_encrypted, now],
      );
      return [made];
    });
    return keySet(mas, rows, this.#encryption);
  }
}

function readRows(queries: Queries, mas: string): Promise<readonly KeyRow[]> {
  return queries.query<KeyRow>(
    'select kid, public_jwk, private_jwk_encrypted from signing_keys where mas = $1 order by created_at desc, kid',
    [mas],
  );
}

async function makeRow(mas: string, encryption: KeyEncryption): Promise<KeyRow> {
  const pair = await generateKeyPair(signingAlgorithm, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = kidOf(pair.publicKey);
  return {
    kid,
    public_jwk: JSON.stringify({ ...publicJwk, kid, use: 'sig', alg: signingAlgorithm }),
    private_jwk_encrypted: encryption.encrypt(JSON.stringify(await exportJWK(pair.privateKey)), `${mas} ${kid}`),
  };
}

/** base64url(SHA-256(SPKI)): what a Keycloak calls a key of ours that it publishes. */
function kidOf(publicKey: CryptoKey): string {
  const spki = KeyObject.from(publicKey).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64url');
}

async function keySet(mas: string, rows: readonly KeyRow[], encryption: KeyEncryption): Promise<KeySet> {
  const keys = rows.map((row) => JSON.parse(row.public_jwk) as JWK); // written by makeRow
  const verifying = new Map<string, CryptoKey>();
  for (const jwk of keys) verifying.set(jwk.kid ?? '', await importEc(jwk));
  const newest = rows[0];
  if (newest === undefined) throw new RangeError('a key set has at least one key');
  const privateJwk = JSON.parse(encryption.decrypt(newest.private_jwk_encrypted, `${mas} ${newest.kid}`)) as JWK; // by makeRow
  return {
    current: { kid: newest.kid, key: await importEc(privateJwk) },
    verifying,
    jwks: { keys },
    tokenHashKey: tokenHashKeyOf(encryption),
  };
}

function tokenHashKeyOf(encryption: KeyEncryption): Uint8Array {
  return encryption.derive('keyed hashes of bearer tokens', sipKeyBytes);
}

async function importEc(jwk: JWK): Promise<CryptoKey> {
  return (await importJWK(jwk, signingAlgorithm)) as CryptoKey; // bytes come only of symmetric keys
}
