/** An app's own token, of no session: good for discovery only. */
import { type Callee, denial } from '../../policies/contract.ts';
import type { SessionStartResponse } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { type Parts, seconds } from '../parts.ts';
import { callerOf, question } from '../policy/question.ts';
import { mintToken, type TokenGrant } from '../tokens/token_grants.ts';
import { runtimeEvent } from '../traces/runtime_event.ts';
import type { TokenAnswer } from './start_session.ts';

export interface AppTokenRequest {
  readonly audience: string;
  readonly decisionId: string;
}

/** Allowed where the app may ask the callee what it is: one question for each kind of callee. */
export async function issueAppToken(
  parts: Parts,
  client: Client,
  request: AppTokenRequest,
): Promise<TokenAnswer<SessionStartResponse>> {
  const served = parts.policies.get(client.mas);
  const callee = parts.policies.callee(client.mas, request.audience);
  if (served === null || callee === null) {
    return { kind: 'refused', decision: denial('policy_missing', 'SYSTEM', 'no such app') };
  }
  const decision = parts.policies.evaluate(
    question(parts, 'outbound', client.mas, callerOf(parts, client.mas, client.app), {
      callee,
      ...discoveryOf(parts, client.mas, callee),
    }),
  );
  if (!decision.allow) return { kind: 'refused', decision };
  const iat = seconds(parts.world.now());
  const grant: TokenGrant = {
    jti: parts.world.uuid(),
    mas: client.mas,
    sessionId: null,
    traceId: parts.world.randomHex(16),
    sub: client.app,
    aud: request.audience,
    clientId: client.clientId,
    scope: ['discover'],
    tools: [],
    actors: [],
    callDigest: null,
    audit: decision.audit_only,
    iat,
    exp: iat + served.tokenTtlSeconds,
  };
  const [names, keys] = await Promise.all([parts.identity.vouch(client), parts.keys.of(client.mas, parts.world.now())]);
  const { token, hash } = await mintToken(parts.store, grant, names, keys);
  parts.events.record({
    ...runtimeEvent(parts.world, client.mas, { sessionId: null, traceId: grant.traceId, tokenHash: hash }),
    kind: 'token_issued',
    app: grant.aud,
    scope: grant.scope,
    tools: [],
  });
  return {
    kind: 'issued',
    response: {
      access_token: token,
      token_type: 'Bearer',
      expires_in: served.tokenTtlSeconds,
      scope: 'discover',
      session_id: '',
      conversation_id: '',
      trace_id: grant.traceId,
      decision_id: request.decisionId,
    },
  };
}

function discoveryOf(parts: Parts, mas: string, callee: Callee): { protocol: 'mcp' | 'a2a'; operation: string } {
  const isServer = parts.policies.appType(mas, callee.app ?? '') === 'mcp_server';
  return isServer ? { protocol: 'mcp', operation: 'initialize' } : { protocol: 'a2a', operation: 'agent_card' };
}
