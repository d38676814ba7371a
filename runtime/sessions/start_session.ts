/** The first step of every session: a user's words, and what may follow from them. */
import { callDigest } from '../../policies/canonical.ts';
import { type Decision, type DecisionInput, denial } from '../../policies/contract.ts';
import type { SessionStartResponse } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { addToCounters, countedRules } from '../exchange/rule_counters.ts';
import { type Parts, seconds } from '../parts.ts';
import type { ServedMas } from '../policy/policy_set.ts';
import { callerOf, question, type ToolCall, toolAsAsked } from '../policy/question.ts';
import type { Queries } from '../store/store.ts';
import { mintToken, type TokenGrant } from '../tokens/token_grants.ts';
import { redactTokens } from '../traces/redact_tokens.ts';
import { runtimeEvent } from '../traces/runtime_event.ts';

export interface SessionStart {
  readonly userInput: string;
  readonly audience: string;
  /** The calling app; null: a peer outside every MAS. */
  readonly caller: string | null;
  /** A client's direct tool call: the session's only tool. */
  readonly tool: ToolCall | null;
  readonly linkedTraceId: string | null;
  readonly decisionId: string;
}

export type TokenAnswer<Response> =
  | { readonly kind: 'issued'; readonly response: Response }
  | { readonly kind: 'refused'; readonly decision: Decision };

/** Subject of what an outside peer starts; no app can have this name. */
export const outsideSubject = 'urn:casa:outside';

/** Starts a session and gives its intent token, or says why not. */
export async function startSession(
  parts: Parts,
  client: Client,
  start: SessionStart,
): Promise<TokenAnswer<SessionStartResponse>> {
  const served = parts.policies.get(client.mas);
  const callee = parts.policies.callee(client.mas, start.audience);
  if (served === null || callee === null) return refused(denial('policy_missing', 'SYSTEM', 'no such app'));
  // An enforcement point speaks for its own app: the entry, when the peer is outside, else the calling client.
  if (client.app !== (start.caller ?? start.audience)) {
    return refused(denial('session_start_not_allowed', 'SESSION_START', 'the enforcement point is of another app'));
  }
  const caller = start.caller === null ? null : callerOf(parts, client.mas, start.caller);
  const input = question(parts, 'issue', client.mas, caller, {
    callee,
    protocol: start.tool === null ? 'a2a' : 'mcp',
    operation: start.tool === null ? 'prompt' : 'tools/call',
    tool: toolAsAsked(served.system, start.tool),
    start_peer: start.caller === null ? 'outside' : 'client',
  });
  const decision = parts.policies.evaluate(input);
  return decision.allow ? open(parts, client, { start, served, input, decision }) : refused(decision);
}

interface Allowed {
  readonly start: SessionStart;
  readonly served: ServedMas;
  readonly input: DecisionInput;
  readonly decision: Decision;
}

async function open(parts: Parts, client: Client, allowed: Allowed): Promise<TokenAnswer<SessionStartResponse>> {
  const { start, served, input, decision } = allowed;
  const [names, keys] = await Promise.all([parts.identity.vouch(client), parts.keys.of(client.mas, parts.world.now())]);
  const grant = intentGrant(parts, client, allowed);
  const { conversationId, hash, token } = await parts.store.transaction(async (queries) => {
    const conversation = await insertSession(parts, queries, { start, grant, served });
    await addToCounters(queries, grant.sessionId ?? '', countedRules(parts.policies, served.system, input));
    const signed = await mintToken(queries, grant, names, keys);
    return { conversationId: conversation, ...signed };
  });
  recordStart(parts, { start, grant, conversationId, hash });
  return {
    kind: 'issued',
    response: {
      access_token: token,
      token_type: 'Bearer',
      expires_in: grant.exp - seconds(parts.world.now()),
      scope: decision.grant.scope.join(' '),
      session_id: grant.sessionId ?? '',
      conversation_id: conversationId,
      trace_id: grant.traceId,
      decision_id: start.decisionId,
    },
  };
}

/** The intent token lasts as long as its session; a direct tool call's is a tool token, for this very call. */
function intentGrant(parts: Parts, client: Client, { start, served, decision }: Allowed): TokenGrant {
  const iat = seconds(parts.world.now());
  const { tool } = start;
  const ttlSeconds =
    tool === null ? served.sessionTtlSeconds : Math.min(served.tokenTtlSeconds, served.sessionTtlSeconds);
  return {
    jti: parts.world.uuid(),
    mas: client.mas,
    sessionId: parts.world.uuid(),
    traceId: parts.world.randomHex(16),
    sub: start.caller ?? outsideSubject,
    aud: start.audience,
    clientId: client.clientId,
    scope: decision.grant.scope,
    tools: decision.grant.tools,
    actors: [],
    callDigest: tool === null ? null : callDigest(`${tool.server}/${tool.name}`, tool.arguments),
    audit: decision.audit_only,
    iat,
    exp: iat + ttlSeconds,
  };
}

interface NewSession {
  readonly start: SessionStart;
  readonly grant: TokenGrant;
  readonly served: ServedMas;
}

/** Gives the conversation: a new turn of the same subject at the same entry goes on with the one that is alive. */
async function insertSession(parts: Parts, queries: Queries, { start, grant, served }: NewSession): Promise<string> {
  const now = parts.world.now();
  const [earlier] = await queries.query<{ conversation_id: string }>(
    `select conversation_id from sessions
     where mas = $1 and subject = $2 and entry = $3 and state = 'live' and expires_at > $4
     order by started_at desc limit 1`,
    [grant.mas, grant.sub, grant.aud, now],
  );
  const conversationId = earlier?.conversation_id ?? parts.world.uuid();
  await queries.query(
    `insert into sessions
       (session_id, mas, state, entry, subject, conversation_id, trace_id, linked_trace_id, user_input, ceiling,
        started_at, expires_at)
     values ($1, $2, 'live', $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      grant.sessionId,
      grant.mas,
      grant.aud,
      grant.sub,
      conversationId,
      grant.traceId,
      start.linkedTraceId,
      JSON.stringify(redactTokens(start.userInput)),
      JSON.stringify(grant.tools),
      now,
      now + served.sessionTtlSeconds * 1000,
    ],
  );
  return conversationId;
}

interface Started {
  readonly start: SessionStart;
  readonly grant: TokenGrant;
  readonly conversationId: string;
  readonly hash: string;
}

function recordStart(parts: Parts, { start, grant, conversationId, hash }: Started): void {
  const place = { sessionId: grant.sessionId, traceId: grant.traceId, tokenHash: hash };
  parts.events.record({
    ...runtimeEvent(parts.world, grant.mas, place),
    kind: 'session_started',
    caller: start.caller,
    entry: grant.aud,
    subject: grant.sub,
    conversation_id: conversationId,
    user_input: start.userInput,
    linked_trace_id: start.linkedTraceId,
  });
  parts.events.record({
    ...runtimeEvent(parts.world, grant.mas, place),
    kind: 'token_issued',
    app: grant.aud,
    scope: grant.scope,
    tools: grant.tools,
  });
}

function refused(decision: Decision): { readonly kind: 'refused'; readonly decision: Decision } {
  return { kind: 'refused', decision };
}
