/** The claims of our own tokens, read back strictly. */
import type { ActClaim, TokenClaims } from '../../policies/wire.ts';

/** Hops that one session may take; a longer chain is refused. */
export const actDepthMax = 16;

/** The claims, or null when one is missing or of another type. */
export function parseClaims(payload: unknown): TokenClaims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const claims: { readonly [name: string]: unknown } = { ...payload };
  const texts = ['iss', 'aud', 'sub', 'client_id', 'session_id', 'scope', 'trace_id', 'jti'] as const;
  if (texts.some((name) => typeof claims[name] !== 'string')) return null;
  if (![claims.exp, claims.iat].every((time) => Number.isSafeInteger(time))) return null;
  if (!(claims.tools === undefined || isTextList(claims.tools))) return null;
  if (!(claims.call_digest === undefined || typeof claims.call_digest === 'string')) return null;
  if (!(claims.audit === undefined || claims.audit === true)) return null;
  if (!(claims.act === undefined || isAct(claims.act, actDepthMax))) return null;
  return claims as unknown as TokenClaims; // every member was looked at above
}

/** Actors, the current one first. */
export function actorsOf(act: ActClaim | undefined): readonly string[] {
  return act === undefined ? [] : [act.sub, ...actorsOf(act.act)];
}

/** RFC 8693 section 4.1: the new actor around those before it. */
export function nestActors(actors: readonly string[]): ActClaim | undefined {
  return actors.reduceRight<ActClaim | undefined>(
    (inner, sub) => (inner === undefined ? { sub } : { sub, act: inner }),
    undefined,
  );
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isAct(value: unknown, depth: number): value is ActClaim {
  if (depth === 0 || typeof value !== 'object' || value === null) return false;
  if (!('sub' in value && typeof value.sub === 'string')) return false;
  return !('act' in value) || value.act === undefined || isAct(value.act, depth - 1);
}
