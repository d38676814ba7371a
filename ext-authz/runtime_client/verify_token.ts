import { compactVerify, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { CasaError } from '../../policies/errors.ts';
import { type ActClaim, accessTokenTyp, paths, type TokenClaims } from '../../policies/wire.ts';
import { issuersOf, type PepConfig } from '../config.ts';
import { jwksCooldownMs } from '../limits.ts';

/** Claims of a token whose signature, type and issuer are good; null for any other. Time and audience are not judged. */
export type VerifyToken = (token: string) => Promise<TokenClaims | null>;

/** Verifies against the JWKS of one MAS, read again for an unknown key id; CasaError('runtime_unavailable') without any JWKS. */
export function openTokenVerifier(config: Pick<PepConfig, 'runtimeUrl' | 'keycloakUrl' | 'mas'>): VerifyToken {
  const { runtimeUrl, mas } = config;
  const issuer = `${issuersOf(config).base}/${mas}`;
  // A realm publishes its own keys beside ours: the runtime's JWKS has those only that sign for callees.
  const keys = createRemoteJWKSet(new URL(`${runtimeUrl}${paths.jwks(mas)}`), {
    cooldownDuration: jwksCooldownMs,
    timeoutDuration: 2_000,
  });
  return (token) => verify(token, issuer, keys);
}

async function verify(token: string, issuer: string, keys: JWTVerifyGetKey): Promise<TokenClaims | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms: ['ES256'] });
    if (protectedHeader.typ?.toLowerCase() !== accessTokenTyp) return null;
    const claims = parseClaims(JSON.parse(new TextDecoder().decode(payload)));
    return claims?.iss === issuer ? claims : null;
  } catch (error) {
    if (isBadToken(error)) return null;
    throw new CasaError('runtime_unavailable', 'cannot read the keys of the token service', { cause: error });
  }
}

/** What is wrong with the token itself, against what is wrong with reading the keys. */
function isBadToken(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return (
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC'
  );
}

/** RFC 9068 claims as `policies/wire.ts` names them; null when one is missing or of another type. */
function parseClaims(value: unknown): TokenClaims | null {
  if (typeof value !== 'object' || value === null) return null;
  const claims = value as Partial<Record<keyof TokenClaims, unknown>>; // an object: narrowed above
  const texts = [claims.iss, claims.aud, claims.sub, claims.client_id, claims.session_id, claims.scope, claims.jti];
  const complete =
    texts.every((text) => typeof text === 'string') &&
    typeof claims.trace_id === 'string' &&
    typeof claims.exp === 'number' &&
    typeof claims.iat === 'number' &&
    (claims.tools === undefined || isTextList(claims.tools)) &&
    (claims.call_digest === undefined || typeof claims.call_digest === 'string') &&
    (claims.audit === undefined || claims.audit === true) &&
    (claims.act === undefined || isAct(claims.act));
  return complete ? (value as TokenClaims) : null; // every member was checked
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isAct(value: unknown): value is ActClaim {
  if (typeof value !== 'object' || value === null) return false;
  const { sub, act } = value as { sub?: unknown; act?: unknown }; // an object: narrowed above
  return typeof sub === 'string' && (act === undefined || isAct(act));
}
