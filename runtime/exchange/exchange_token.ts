/** RFC 8693: a token for a narrower one for the next hop, or the decision against it. */
import { callDigest } from '../../policies/canonical.ts';
import {
  type Callee,
  type Counters,
  type Decision,
  denial,
  type SelectedFacts,
  type SemanticFacts,
} from '../../policies/contract.ts';
import { accessTokenType, type ExchangeResponse } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import type { VouchedNames } from '../identity/identity_provider.ts';
import type { KeySet } from '../keys/signing_keys.ts';
import { type Parts, seconds } from '../parts.ts';
import type { ServedMas } from '../policy/policy_set.ts';
import { callerOf, question, toolAsAsked } from '../policy/question.ts';
import { verifyOwn } from '../sessions/introspect_token.ts';
import { lockSession, sessionState } from '../sessions/session_state.ts';
import type { TokenAnswer } from '../sessions/start_session.ts';
import type { Queries } from '../store/store.ts';
import { actDepthMax } from '../tokens/parse_claims.ts';
import type { SignedToken } from '../tokens/sign_token.ts';
import { findGrant, mintAgain, mintToken, type TokenGrant } from '../tokens/token_grants.ts';
import { runtimeEvent } from '../traces/runtime_event.ts';
import { type ExchangeRequest, toolKey } from './exchange_request.ts';
import { matchSelection } from './match_selection.ts';
import { type CallIdentity, findRetried, type RetriedToken, rememberCall } from './retried_call.ts';
import { addToCounters, countedRules, readCounters } from './rule_counters.ts';
import { consumeSelection, countLlmCalls, readSelections } from './selection_rows.ts';
import { lacksVerdictOnly, readSessionWords, semanticQuestion } from './semantic_question.ts';
import { narrowed, tokenFacts } from './token_facts.ts';

/** Everything that one exchange is about, fixed before its transaction. */
interface Exchange {
  readonly client: Client;
  readonly request: ExchangeRequest;
  readonly served: ServedMas;
  readonly callee: Callee;
  readonly keys: KeySet;
  readonly names: VouchedNames;
  /** null: the subject token is none of ours. */
  readonly subject: TokenGrant | null;
}

/** What the transaction decided. */
interface Outcome {
  readonly decision: Decision;
  readonly minted: { readonly grant: TokenGrant; readonly signed: SignedToken } | null;
}

/**
 * One transaction under the session's lock: read facts, evaluate, consume, count, mint. Where only the semantic verdict is
 * missing, it is asked for without the lock, and everything is read and evaluated anew.
 */
export async function exchangeToken(
  parts: Parts,
  client: Client,
  request: ExchangeRequest,
): Promise<TokenAnswer<ExchangeResponse>> {
  const served = parts.policies.get(client.mas);
  if (served === null) return refused(denial('policy_missing', 'SYSTEM', 'the system has no policy'));
  const callee = parts.policies.callee(client.mas, request.audience);
  if (callee === null) return refused(denial('destination_not_allowed', 'DESTINATION', 'the audience is no app'));
  const [names, keys] = await Promise.all([parts.identity.vouch(client), parts.keys.of(client.mas, parts.world.now())]);
  const claims = await verifyOwn(parts, client, request.subjectToken);
  const subject = claims === null ? null : await findGrant(parts.store, client.mas, claims);
  const exchange: Exchange = { client, request, served, callee, keys, names, subject };
  const first = await parts.store.transaction((queries) => decide(parts, queries, exchange, null));
  const outcome = lacksVerdictOnly(first.decision) ? await decideWithVerdict(parts, exchange) : first;
  recordExchange(parts, exchange, outcome);
  return outcome.minted === null
    ? refused(outcome.decision)
    : issued(parts, exchange, outcome.decision, outcome.minted);
}

async function decideWithVerdict(parts: Parts, exchange: Exchange): Promise<Outcome> {
  const semantic = await semanticVerdict(parts, exchange);
  return parts.store.transaction((queries) => decide(parts, queries, exchange, semantic));
}

/** INVARIANT (deny by default): without words, tool or verdict the outcome is `failed`, which the rules block. */
async function semanticVerdict(parts: Parts, { client, request, served, subject }: Exchange): Promise<SemanticFacts> {
  const { strategy = 'embeddings' } = served.semantic;
  const words = subject?.sessionId == null ? null : await readSessionWords(parts.store, client.mas, subject.sessionId);
  const asked =
    words === null || request.tool === null ? null : semanticQuestion(served, client.app, request.tool, words);
  if (asked === null) return { outcome: 'failed', score: null, strategy };
  return parts.semantic.of(served.semantic).verdict(asked);
}

async function decide(
  parts: Parts,
  queries: Queries,
  exchange: Exchange,
  semantic: SemanticFacts | null,
): Promise<Outcome> {
  const { client, subject, request } = exchange;
  const sessionId = subject?.sessionId ?? null;
  const session = sessionId === null ? null : await lockSession(queries, client.mas, sessionId);
  const input = question(parts, 'exchange', client.mas, callerOf(parts, client.mas, client.app), {
    callee: exchange.callee,
    protocol: request.protocol,
    operation: request.operation,
    tool: toolAsAsked(exchange.served.system, request.tool),
    token: tokenFacts(subject),
    session: { state: sessionState(session, parts.world.now()) },
  });
  // INVARIANT (deny by default): nothing is minted without a subject token of ours and its session.
  if (subject === null || session === null) return withoutSession(parts.policies.evaluate(input));
  const identity = callIdentity(exchange);
  const retried = identity === null ? null : await findRetried(queries, identity, parts.world.now());
  const facts = await readFacts(queries, exchange, session.session_id, retried);
  const asked = { ...input, selected: facts.selected, counters: facts.counters, semantic };
  const decision = parts.policies.evaluate(asked);
  // Audit would let it through here, and what it is to say of the call is not known yet.
  if (semantic === null && lacksVerdictOnly(decision)) return { decision, minted: null };
  const refusal = decision.allow ? refusalBeyondRules(exchange, subject, decision) : decision;
  if (refusal !== null) return { decision: refusal, minted: null };
  const fresh = newGrant(parts, exchange, subject, decision);
  const grant = { ...fresh, exp: Math.min(fresh.exp, seconds(session.expires_at)) };
  if (retried !== null) {
    const again = { ...grant, ...retried };
    return {
      decision,
      minted: { grant: again, signed: await mintAgain(queries, again, exchange.names, exchange.keys) },
    };
  }
  if (facts.selectionKey !== null) await consumeSelection(queries, session.session_id, facts.selectionKey, grant.jti);
  await addToCounters(queries, session.session_id, countedRules(parts.policies, exchange.served.system, asked));
  const signed = await mintToken(queries, grant, exchange.names, exchange.keys);
  if (identity !== null) await rememberCall(queries, identity, grant.jti, parts.world.now());
  return { decision, minted: { grant, signed } };
}

function withoutSession(decision: Decision): Outcome {
  const refusal = decision.allow ? denial('session_unknown', 'SESSION', 'the token belongs to no session') : decision;
  return { decision: refusal, minted: null };
}

/** What holds whatever the rules say: a token never has a tool more than its subject, and a chain has an end. */
function refusalBeyondRules({ request }: Exchange, subject: TokenGrant, decision: Decision): Decision | null {
  if (subject.actors.length >= actDepthMax) return denial('operation_not_allowed', 'TOKEN', 'too many hops');
  if (request.tool === null || decision.audit_only || subject.tools.includes(toolKey(request.tool))) return null;
  return denial('tool_not_in_token', 'DETERMINISTIC_TOOL_SELECTED', toolKey(request.tool));
}

interface SessionFacts {
  readonly selected: SelectedFacts | null;
  readonly counters: Counters;
  /** The selection that the call uses up; null: none. */
  readonly selectionKey: string | null;
}

/** What a retried call used up itself does not count against it. */
async function readFacts(
  queries: Queries,
  { client, request, served }: Exchange,
  sessionId: string,
  retried: RetriedToken | null,
): Promise<SessionFacts> {
  const { tool } = request;
  if (tool === null) return { selected: null, counters: {}, selectionKey: null };
  const pinned = served.pep.apps[tool.server]?.tools[tool.name];
  const selections = await readSelections(
    queries,
    { sessionId, app: client.app, tool: toolKey(tool) },
    retried?.jti ?? null,
  );
  const { match, consumed, key } = matchSelection(
    {
      tool: toolKey(tool),
      arguments: tool.arguments,
      inputSchema: pinned?.inputSchema ?? null,
      selection: pinned?.selection ?? 'exact',
    },
    selections,
  );
  return {
    selected: { calls: await countLlmCalls(queries, sessionId, client.app), match, consumed },
    counters: retried === null ? await readCounters(queries, sessionId) : {},
    selectionKey: key,
  };
}

/** A tool token is short; a delegation is the callee's hold on the session and lasts as long. */
function newGrant(parts: Parts, exchange: Exchange, subject: TokenGrant, decision: Decision): TokenGrant {
  const { client, request, served, callee } = exchange;
  const iat = seconds(parts.world.now());
  const granted = narrowed(decision.grant, subject);
  return {
    ...subject,
    jti: parts.world.uuid(),
    aud: callee.app ?? '',
    clientId: client.clientId,
    scope: granted.scope,
    // Audit lets a call through that the ceiling does not have: its token says so, and only Audit takes it.
    tools: decision.audit_only ? decision.grant.tools : granted.tools,
    actors: [client.app, ...subject.actors],
    callDigest: digestOf(request),
    audit: decision.audit_only || subject.audit,
    iat,
    exp: iat + (request.tool === null ? served.sessionTtlSeconds : served.tokenTtlSeconds),
  };
}

function callIdentity({ client, request, subject }: Exchange): CallIdentity | null {
  const digest = digestOf(request);
  if (subject?.sessionId == null || request.callId === null || digest === null) return null;
  return { sessionId: subject.sessionId, caller: client.app, callId: request.callId, callDigest: digest };
}

function digestOf({ tool }: ExchangeRequest): string | null {
  return tool === null ? null : callDigest(toolKey(tool), tool.arguments);
}

function issued(
  parts: Parts,
  { request }: Exchange,
  decision: Decision,
  { grant, signed }: { readonly grant: TokenGrant; readonly signed: SignedToken },
): TokenAnswer<ExchangeResponse> {
  return {
    kind: 'issued',
    response: {
      access_token: signed.token,
      issued_token_type: accessTokenType,
      token_type: 'Bearer',
      expires_in: grant.exp - seconds(parts.world.now()),
      scope: grant.scope.join(' '),
      tools: grant.tools,
      session_id: grant.sessionId ?? '',
      trace_id: grant.traceId,
      decision_id: request.decisionId,
      decision,
    },
  };
}

function recordExchange(parts: Parts, exchange: Exchange, { decision, minted }: Outcome): void {
  const { client, request, subject } = exchange;
  const place =
    subject === null
      ? null
      : { sessionId: subject.sessionId, traceId: subject.traceId, tokenHash: minted?.signed.hash ?? null };
  parts.events.record({
    ...runtimeEvent(parts.world, client.mas, place),
    kind: 'token_exchanged',
    caller: client.app,
    callee: request.audience,
    tool: request.tool === null ? null : toolKey(request.tool),
    decision_id: request.decisionId,
    decision,
  });
}

function refused(decision: Decision): { readonly kind: 'refused'; readonly decision: Decision } {
  return { kind: 'refused', decision };
}
