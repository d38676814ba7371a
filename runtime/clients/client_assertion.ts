/** Who is asking: an app's enforcement point, by `private_key_jwt` (RFC 7523) or as a pod. */
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { assertionTtlSecondsMax, clientId } from '../../policies/wire.ts';
import { signingAlgorithm } from '../keys/signing_keys.ts';
import { type Parts, seconds, type World } from '../parts.ts';
import { issuerOf } from '../tokens/token_grants.ts';
import type { Client } from './client.ts';
import { metadataUrl, shortClientId } from './client_metadata.ts';
import { readPepKeys } from './pep_keys.ts';
import { authenticatePod, looksLikePodToken } from './pod_client.ts';

export const assertionBytesMax = 4 * 1024;
const jtiLengthMax = 128;
const clockToleranceSeconds = 5;

type Asked = Pick<Parts, 'store' | 'policies' | 'cluster' | 'world'>;

/** The client that `assertion` proves: by its registered key, once, or by the token of its pod; null for anything else. */
export async function authenticateClient(parts: Asked, assertion: string): Promise<Client | null> {
  if (assertion.length > assertionBytesMax) return null;
  if (looksLikePodToken(assertion)) return authenticatePod(parts, assertion);
  const claimed = claimedClient(parts.world, assertion);
  if (claimed === null || parts.policies.app(claimed.mas, claimed.app) === null) return null;
  const keys = await readPepKeys(parts.store, claimed.mas, claimed.app);
  if (keys === null) return null;
  const once = await verifyAssertion(parts, assertion, claimed, keys);
  return once !== null && (await isFirstUse(parts, claimed, once)) ? claimed : null;
}

interface OneUse {
  readonly jti: string;
  readonly exp: number;
}

/** Who the assertion says it is of: nothing is believed until its signature is checked with that client's key. */
function claimedClient(world: World, assertion: string): Client | null {
  try {
    const [mas = '', app = '', ...more] = shortClientId(world, decodeJwt(assertion).iss ?? '').split('/');
    return mas === '' || app === '' || more.length > 0 ? null : { clientId: clientId(mas, app), mas, app };
  } catch {
    return null;
  }
}

async function verifyAssertion(
  parts: Asked,
  assertion: string,
  claimed: Client,
  keys: JSONWebKeySet,
): Promise<OneUse | null> {
  const now = parts.world.now();
  // RFC 7523 section 3: issuer and subject are both the client, under the same one of its two names.
  const names = [claimed.clientId, metadataUrl(parts.world, claimed.mas, claimed.app)];
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(keys), {
      algorithms: [signingAlgorithm],
      issuer: names,
      // RFC 7523 section 3: the server as clients know it, by its URL or as issuer of their MAS.
      audience: [parts.world.baseUrl(), issuerOf(parts.world, claimed.mas)],
      requiredClaims: ['exp', 'jti'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now),
    });
    const { jti, exp, iss, sub } = payload;
    if (iss !== sub) return null;
    if (typeof jti !== 'string' || jti.length === 0 || jti.length > jtiLengthMax || exp === undefined) return null;
    return exp > seconds(now) + assertionTtlSecondsMax + clockToleranceSeconds ? null : { jti, exp };
  } catch {
    // INVARIANT (deny by default): whatever is wrong with an assertion, it proves nothing.
    return null;
  }
}

/** Remembers the assertion in the store, so that a replay at another replica is seen as well. */
async function isFirstUse(parts: Asked, client: Client, use: OneUse): Promise<boolean> {
  const rows = await parts.store.query(
    'insert into assertions_seen (client_id, jti, exp) values ($1, $2, $3) on conflict do nothing returning jti',
    [client.clientId, use.jti, use.exp],
  );
  return rows.length === 1;
}
