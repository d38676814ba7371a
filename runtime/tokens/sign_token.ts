/** Tokens go out here, and only here. */
import { SignJWT } from 'jose';
import { sha256Hex } from '../../policies/canonical.ts';
import { sipHashHex } from '../../policies/sip_hash.ts';
import { accessTokenTyp, type TokenClaims } from '../../policies/wire.ts';
import { type KeySet, signingAlgorithm } from '../keys/signing_keys.ts';

/** The token itself goes into an answer; the hash into rows and events. */
export interface SignedToken {
  readonly token: string;
  readonly hash: string;
  /** By which a node agent tells it. */
  readonly keyedHash: string;
}

export async function signToken(claims: TokenClaims, keys: KeySet): Promise<SignedToken> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: signingAlgorithm, typ: accessTokenTyp, kid: keys.current.kid })
    .sign(keys.current.key);
  return { token, hash: sha256Hex(token), keyedHash: sipHashHex(keys.tokenHashKey, Buffer.from(token)) };
}
