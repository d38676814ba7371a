/** What each token was granted, kept beside it: large tool sets do not travel, and a token without a row is none. */
import type { Scope } from '../../policies/contract.ts';
import { claimToolsMax, type TokenClaims } from '../../policies/wire.ts';
import type { VouchedNames } from '../identity/identity_provider.ts';
import type { KeySet } from '../keys/signing_keys.ts';
import type { World } from '../parts.ts';
import type { Queries } from '../store/store.ts';
import { actorsOf, nestActors } from './parse_claims.ts';
import { type SignedToken, signToken } from './sign_token.ts';

export interface TokenGrant {
  readonly jti: string;
  readonly mas: string;
  /** null: an app token. */
  readonly sessionId: string | null;
  readonly traceId: string;
  readonly sub: string;
  readonly aud: string;
  readonly clientId: string;
  readonly scope: readonly Scope[];
  /** All of them, sorted, also when they are too many for the claim. */
  readonly tools: readonly string[];
  /** Actors, the current one first. */
  readonly actors: readonly string[];
  readonly callDigest: string | null;
  readonly audit: boolean;
  readonly iat: number;
  readonly exp: number;
}

/** `iss` of a MAS's tokens, where the runtime is its own identity provider. */
export function issuerOf(world: World, mas: string): string {
  return `${world.baseUrl()}/${mas}`;
}

/** `names` are what the identity provider vouches for. */
export function claimsOf(grant: TokenGrant, names: VouchedNames): TokenClaims {
  const act = nestActors(grant.actors);
  return {
    ...names,
    aud: grant.aud,
    sub: grant.sub,
    ...(act === undefined ? {} : { act }),
    client_id: grant.clientId,
    session_id: grant.sessionId ?? '',
    scope: grant.scope.join(' '),
    ...(grant.tools.length > claimToolsMax ? {} : { tools: grant.tools }),
    ...(grant.callDigest === null ? {} : { call_digest: grant.callDigest }),
    trace_id: grant.traceId,
    ...(grant.audit ? { audit: true } : {}),
    exp: grant.exp,
    iat: grant.iat,
    jti: grant.jti,
  };
}

/** Signs a token and keeps its grant. */
export async function mintToken(
  queries: Queries,
  grant: TokenGrant,
  names: VouchedNames,
  keys: KeySet,
): Promise<SignedToken> {
  const signed = await signToken(claimsOf(grant, names), keys);
  await queries.query(
    `insert into token_grants
       (jti, mas, session_id, aud, client_id, scope, tools, act, audit, call_digest, iat, exp, token_hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      grant.jti,
      grant.mas,
      grant.sessionId,
      grant.aud,
      grant.clientId,
      grant.scope.join(' '),
      JSON.stringify(grant.tools),
      JSON.stringify(grant.actors),
      grant.audit,
      grant.callDigest,
      grant.iat,
      grant.exp,
      signed.hash,
    ],
  );
  await keepHashes(queries, grant.jti, signed);
  return signed;
}

/** A token of a grant that is there already: the signature, and with it the hashes, are others each time. */
export async function mintAgain(
  queries: Queries,
  grant: TokenGrant,
  names: VouchedNames,
  keys: KeySet,
): Promise<SignedToken> {
  const signed = await signToken(claimsOf(grant, names), keys);
  await keepHashes(queries, grant.jti, signed);
  return signed;
}

/** For as long as the grant is kept. */
async function keepHashes(queries: Queries, jti: string, { hash, keyedHash }: SignedToken): Promise<void> {
  await queries.query(
    'insert into token_hashes (keyed_hash, token_hash, jti) values ($1, $2, $3) on conflict (keyed_hash) do nothing',
    [keyedHash, hash, jti],
  );
}

/** The grant of a verified token, with all its tools; null when the runtime never made it, or has forgotten it. */
export async function findGrant(queries: Queries, mas: string, claims: TokenClaims): Promise<TokenGrant | null> {
  const [row] = await queries.query<{ tools: string; call_digest: string | null }>(
    'select tools, call_digest from token_grants where jti = $1 and mas = $2 and aud = $3',
    [claims.jti, mas, claims.aud],
  );
  if (row === undefined) return null;
  return {
    jti: claims.jti,
    mas,
    sessionId: claims.session_id === '' ? null : claims.session_id,
    traceId: claims.trace_id,
    sub: claims.sub,
    aud: claims.aud,
    clientId: claims.client_id,
    scope: claims.scope.split(' ').filter((name) => name !== '') as Scope[], // signed by us: only scopes go in
    tools: JSON.parse(row.tools) as string[], // written by mintToken
    actors: actorsOf(claims.act),
    callDigest: row.call_digest,
    audit: claims.audit === true,
    iat: claims.iat,
    exp: claims.exp,
  };
}
