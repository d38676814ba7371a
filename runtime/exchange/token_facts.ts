/** What the rules are told of the subject token. */
import { type NameSet, type Scope, type TokenFacts, unverifiedToken } from '../../policies/contract.ts';
import type { TokenGrant } from '../tokens/token_grants.ts';

/** Facts of a token that the runtime minted: all its tools, also those too many for the claim. */
export function tokenFacts(grant: TokenGrant | null): TokenFacts {
  if (grant === null) return unverifiedToken;
  return {
    verified: true,
    sub: grant.sub,
    act: grant.actors,
    aud: [grant.aud],
    scope: grant.scope,
    tools: nameSet(grant.tools),
    session_id: grant.sessionId,
    exp: grant.exp,
    call_matches: null,
    audit: grant.audit,
  };
}

function nameSet(names: readonly string[]): NameSet {
  return Object.fromEntries(names.map((name) => [name, true as const]));
}

/** What of `granted` the subject token has: the rules narrow, and this holds them to it. */
export function narrowed(
  granted: { readonly tools: readonly string[]; readonly scope: readonly Scope[] },
  subject: TokenGrant,
) {
  const tools = new Set(subject.tools);
  return {
    tools: granted.tools.filter((tool) => tools.has(tool)),
    scope: granted.scope.filter((scope) => subject.scope.includes(scope)),
  };
}
