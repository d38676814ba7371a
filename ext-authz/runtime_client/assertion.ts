import { readFileSync } from 'node:fs';
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import { CasaError } from '../../policies/errors.ts';
import { assertionTtlSeconds } from '../limits.ts';

/** The enforcement point's private key, which its app cannot read. */
export interface ClientKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

/** Reads a private EC P-256 JWK with `kid`; throws CasaError('configuration_invalid'). */
export async function readClientKey(path: string): Promise<ClientKey> {
  let jwk: JWK;
  try {
    jwk = JSON.parse(readFileSync(path, 'utf8')) as JWK; // importJWK checks its members
  } catch (cause) {
    throw new CasaError('configuration_invalid', `cannot read the client key \`${path}\``, { cause });
  }
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || !jwk.kid || !jwk.d) {
    throw new CasaError('configuration_invalid', `\`${path}\` is no private EC P-256 JWK with a \`kid\``);
  }
  return { kid: jwk.kid, key: (await importJWK(jwk, 'ES256')) as CryptoKey }; // an EC key is never bytes
}

/** A fresh `private_key_jwt` (RFC 7523) for one request. */
export function signAssertion(
  client: ClientKey,
  claims: { readonly clientId: string; readonly audience: string; readonly jti: string },
  nowSeconds: number,
): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: client.kid, typ: 'JWT' })
    .setIssuer(claims.clientId)
    .setSubject(claims.clientId)
    .setAudience(claims.audience)
    .setJti(claims.jti)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + assertionTtlSeconds)
    .sign(client.key);
}
