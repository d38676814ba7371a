/** The keys that one realm publishes, as last seen. */
import { type CryptoKey, createRemoteJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import { CasaError } from '../../../policies/errors.ts';

const answerTimeoutMs = 5_000;
/** Keys as old as this are read again before one of them is used. */
export const keysMaxAgeMs = 300_000;
/** An unknown `kid` makes them be read again, no more often than this. */
const keysCooldownMs = 2_000;

export interface RealmKeys {
  /** The key that a token names; throws `identity_unavailable` when keys are old and cannot be read. */
  keyOf(header: JWSHeaderParameters, input: FlattenedJWSInput): Promise<CryptoKey>;
  /** Asks the realm now whether it publishes a key of this name; throws `identity_unavailable`. */
  publishes(kid: string): Promise<boolean>;
}

export function openRealmKeys(realmUrl: string): RealmKeys {
  const remote = createRemoteJWKSet(new URL(`${realmUrl}/protocol/openid-connect/certs`), {
    timeoutDuration: answerTimeoutMs,
    cacheMaxAge: keysMaxAgeMs,
    cooldownDuration: keysCooldownMs,
  });
  return {
    async keyOf(header, input) {
      try {
        return (await remote(header, input)) as CryptoKey; // a public key is never bytes
      } catch (error) {
        if (isNoKey(error)) throw error;
        throw away(error);
      }
    },
    async publishes(kid) {
      try {
        await remote.reload();
        return remote.jwks()?.keys.some((key) => key.kid === kid) === true;
      } catch (error) {
        throw away(error);
      }
    },
  };
}

/** The token names no key of the realm: its own mistake. */
function isNoKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

function away(cause: unknown): CasaError {
  return new CasaError('identity_unavailable', 'the realm does not answer', { cause });
}
