/** Tokens that nobody minted, and what is written in those that somebody did. */
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { TokenClaims } from '../../policies/wire.ts';
import type { HttpMessage } from './http_message.ts';

type TokenClaimsRead = Partial<TokenClaims>;

/** The claims as they are written: nothing is verified. */
function readClaims(token: string): TokenClaimsRead {
  return decodeJwt<TokenClaims>(token);
}

/** The same header and claims, signed with a key of one's own. */
export async function forgedToken(like: string): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  const { kid, typ } = decodeProtectedHeader(like);
  const header = { alg: 'ES256', ...(kid === undefined ? {} : { kid }), ...(typ === undefined ? {} : { typ }) };
  return new SignJWT(decodeJwt(like)).setProtectedHeader(header).sign(privateKey);
}

/** The same claims with `alg: none` (RFC 7519 section 6). */
export function unsignedToken(like: string): string {
  return new UnsecuredJWT(decodeJwt(like)).encode();
}

/** The bearer token of a request; null where it has none. */
export function bearerOf(message: HttpMessage): string | null {
  return /^Bearer (\S+)$/.exec(message.headers.authorization ?? '')?.[1] ?? null;
}

/** The tools that a token names, sorted. */
export function toolsOf(token: string): readonly string[] {
  return (readClaims(token).tools ?? []).toSorted();
}
