/** The tokens by which enforcement points prove who they are: their realm's own, for the runtime and nobody else. */
import { decodeJwt, errors, type FlattenedJWSInput, type JWSHeaderParameters, jwtVerify } from 'jose';
import { CasaError } from '../../../policies/errors.ts';
import { accessTokenTyp } from '../../../policies/wire.ts';
import { runtimeAudience } from './desired_realm.ts';
import type { RealmKeys } from './realm_keys.ts';

export const realmTokenBytesMax = 8 * 1024;
const clockToleranceSeconds = 5;

/** The realm that the token says it is of, of this Keycloak; nothing is verified. */
export function claimedRealm(token: string, realmsUrl: string): string | null {
  if (token.length > realmTokenBytesMax) return null;
  try {
    const { iss = '' } = decodeJwt(token);
    return iss.startsWith(`${realmsUrl}/`) ? decodeURIComponent(iss.slice(realmsUrl.length + 1)) : null;
  } catch {
    return null;
  }
}

export interface Expected {
  readonly issuer: string;
  /** Names of our own keys, which the realm publishes as well: they sign for callees, never for the runtime. */
  readonly ownKids: ReadonlySet<string>;
  readonly nowMs: number;
}

/**
 * The client that the realm gave this token, or null for anything that is no such token; throws `identity_unavailable` when the
 * realm's keys cannot be had.
 */
export async function verifyRealmToken(token: string, keys: RealmKeys, expected: Expected): Promise<string | null> {
  const key = async (header: JWSHeaderParameters, input: FlattenedJWSInput) => {
    if (header.kid === undefined || expected.ownKids.has(header.kid)) throw new errors.JWKSNoMatchingKey();
    return keys.keyOf(header, input);
  };
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['ES256'],
      typ: accessTokenTyp,
      issuer: expected.issuer,
      audience: runtimeAudience,
      // Keycloak itself takes a token without an end; nobody else should.
      requiredClaims: ['exp', 'iat', 'azp', 'client_id'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(expected.nowMs),
    });
    const { azp, client_id: client, typ } = payload;
    return typ === 'Bearer' && typeof azp === 'string' && azp === client ? azp : null;
  } catch (error) {
    if (error instanceof CasaError) throw error;
    // INVARIANT (deny by default): whatever is wrong with a token, it proves nothing.
    return null;
  }
}
