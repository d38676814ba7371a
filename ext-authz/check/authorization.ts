import { decodeJwt } from 'jose';

const bearer = /^Bearer +([^\s,]+)$/i;
const jwt = /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;

/** The bearer token of an `authorization` header, or null. */
export function readBearer(authorization: string | undefined): string | null {
  return authorization === undefined ? null : (bearer.exec(authorization.trim())?.[1] ?? null);
}

/** Whether some token in this text says that this runtime issued it, for whichever MAS; nothing is verified. */
export function claimsOurIssuer(text: string, runtimeUrl: string): boolean {
  return (text.match(jwt) ?? []).some((candidate) => {
    try {
      return decodeJwt(candidate).iss?.startsWith(`${runtimeUrl}/`) === true;
    } catch {
      return false;
    }
  });
}
