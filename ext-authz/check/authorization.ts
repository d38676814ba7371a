import { decodeJwt } from 'jose';
import type { Issuers } from '../config.ts';

const bearer = /^Bearer +([^\s,]+)$/i;
const jwt = /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;

/** The bearer token of an `authorization` header, or null. */
export function readBearer(authorization: string | undefined): string | null {
  return authorization === undefined ? null : (bearer.exec(authorization.trim())?.[1] ?? null);
}

/** Whether some token in this text says that it is one of ours, of whichever MAS; nothing is verified. */
export function claimsOurIssuer(text: string, { base, isShared }: Issuers): boolean {
  return (text.match(jwt) ?? []).some((candidate) => {
    try {
      const { iss, session_id: session } = decodeJwt(candidate);
      // A Keycloak issues tokens for other purposes too: those are the app's affair.
      return iss?.startsWith(`${base}/`) === true && (!isShared || typeof session === 'string');
    } catch {
      return false;
    }
  });
}
