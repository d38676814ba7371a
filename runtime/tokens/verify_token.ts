/** Tokens come in here: signature, type and issuer. Time, audience and revocation are for the caller to ask. */
import { compactVerify } from 'jose';
import { accessTokenTyp, type TokenClaims } from '../../policies/wire.ts';
import { type KeySet, signingAlgorithm } from '../keys/signing_keys.ts';
import { parseClaims } from './parse_claims.ts';

/** A longer text is no token of ours. */
export const tokenBytesMax = 16 * 1024;

/** The claims of a token that `issuer` signed, or null for anything else. */
export async function verifyToken(token: string, issuer: string, keys: KeySet): Promise<TokenClaims | null> {
  if (token.length > tokenBytesMax) return null;
  try {
    const { payload } = await compactVerify(
      token,
      (header) => {
        const key = header.typ === accessTokenTyp ? keys.verifying.get(header.kid ?? '') : undefined;
        if (key === undefined) throw new RangeError('no such key');
        return key;
      },
      { algorithms: [signingAlgorithm] },
    );
    const claims = parseClaims(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
    return claims !== null && claims.iss === issuer ? claims : null;
  } catch {
    // INVARIANT (deny by default): whatever is wrong with a token, it is no token.
    return null;
  }
}
