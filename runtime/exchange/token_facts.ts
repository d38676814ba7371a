/** What the rules are told of the subject token. */
import type { NameSet, Scope, TokenFacts } from '../../policies/contract.ts';
import type { TokenGrant } from '../tokens/token_grants.ts';

/** Facts of a token that the runtime minted: all its tools, also those too many for the claim. */
export function tokenFacts(grant: TokenGrant | null): TokenFacts {
  if (grant === null) return unverified;
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

/** INVARIANT (deny by default): a token that is not ours carries no claims. */
const unverified: TokenFacts = {
  verified: false,
  sub: '',
  act: [],
  aud: [],
  scope: [],
  tools: {},
  session_id: null,
  exp: 0,
  call_matches: null,
  audit: false,
};

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
