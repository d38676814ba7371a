import { callDigest } from '../../policies/canonical.ts';
import type { Scope, TokenFacts } from '../../policies/contract.ts';
import type { ActClaim, TokenClaims } from '../../policies/wire.ts';
import type { Call } from '../protocols/call.ts';

const scopes: ReadonlySet<string> = new Set<Scope>(['user-input', 'call-agents', 'call-tools', 'discover']);

/** The facts of a verified token that came with this call. */
export function tokenFacts(claims: TokenClaims, call: Call): TokenFacts {
  const digest = claims.call_digest;
  return {
    verified: true,
    sub: claims.sub,
    act: actors(claims.act),
    aud: [claims.aud],
    scope: claims.scope.split(' ').filter((scope): scope is Scope => scopes.has(scope)),
    tools: Object.fromEntries((claims.tools ?? []).map((tool): [string, true] => [tool, true])),
    session_id: claims.session_id === '' ? null : claims.session_id,
    exp: claims.exp,
    call_matches:
      digest === undefined || call.tool === null ? null : digest === callDigest(call.tool.id, call.tool.arguments),
    audit: claims.audit === true,
  };
}

function actors(act: ActClaim | undefined): readonly string[] {
  const found: string[] = [];
  for (let actor = act; actor !== undefined; actor = actor.act) found.push(actor.sub);
  return found;
}
