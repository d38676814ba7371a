/** RFC 7662: whether a token is good right now. */
import type { IntrospectionResponse, TokenClaims } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { type Parts, seconds } from '../parts.ts';
import { findGrant } from '../tokens/token_grants.ts';
import { verifyToken } from '../tokens/verify_token.ts';
import { readSession, sessionState } from './session_state.ts';

/** INVARIANT (deny by default): active only when everything about the token is known to be good. */
export async function introspectToken(parts: Parts, client: Client, token: string): Promise<IntrospectionResponse> {
  const claims = await verifyOwn(parts, client, token);
  return claims !== null && (await isActive(parts, client.mas, claims))
    ? { active: true, ...claims }
    : { active: false };
}

/** The claims of a token of the client's own MAS, or null; nothing is said of time and revocation. */
export async function verifyOwn(parts: Parts, client: Client, token: string): Promise<TokenClaims | null> {
  const keys = await parts.keys.of(client.mas, parts.world.now());
  return verifyToken(token, parts.identity.issuer(client.mas), keys);
}

async function isActive(parts: Parts, mas: string, claims: TokenClaims): Promise<boolean> {
  const now = parts.world.now();
  if (claims.exp <= seconds(now) || (await findGrant(parts.store, mas, claims)) === null) return false;
  if (claims.session_id === '') return true;
  return sessionState(await readSession(parts.store, mas, claims.session_id), now) === 'live';
}
