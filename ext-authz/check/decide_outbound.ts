import { canonicalJson } from '../../policies/canonical.ts';
import { type Callee, type Decision, denial } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import { issuersOf } from '../config.ts';
import { callIdLengthMax } from '../limits.ts';
import type { Call } from '../protocols/call.ts';
import { readCallee } from '../protocols/destination.ts';
import { readCall } from '../protocols/read_call.ts';
import { decisionAgainst } from '../runtime_client/runtime_client.ts';
import { attributeCall } from '../sessions/attribute.ts';
import type { KnownSession } from '../sessions/session_table.ts';
import { parseTraceId } from '../sessions/trace_parent.ts';
import { towardsCallee, towardsOutside } from './header_changes.ts';
import { type Known, type Outcome, outcome } from './outcome.ts';
import type { CheckParts } from './parts.ts';
import { askPolicy, askWithoutRuntime, callerOf, type Question } from './question.ts';
import type { Asked } from './read_request.ts';
import { startFromClient } from './start_session.ts';
import type { UnderWay } from './under_way.ts';

/** Decides on a request that leaves the own app: first the local policy, then the token service, which has the last word. */
export async function decideOutbound(
  parts: CheckParts,
  policy: LoadedPolicy,
  asked: Asked,
  decisionId: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const caller = callerOf(policy, parts.config.app);
  const callee = readCallee(asked.request.authority, policy.pep) ?? nowhere(asked.request.authority);
  const call = readCall(callee, policy.pep, asked.request);
  const known: Known = { decisionId, caller, callee, call };
  if (caller === null) return outcome(known, denial('policy_missing', 'SYSTEM', 'the app is not in the system'));
  const question: Question = { phase: 'outbound', caller, callee, call, token: null, session: null, startPeer: null };
  const outbound: UnderWay = { parts, policy, asked, known, question, signal };

  const starts = call.tool !== null || (call.operation === 'prompt' && call.prompt !== null);
  if (caller.type === 'client' && callee.kind === 'app' && starts && call.problem === null) {
    return startFromClient(outbound);
  }
  const traceId = parseTraceId(asked.request.headers.get('traceparent'));
  const session = caller.type === 'client' ? null : attributeCall(call, traceId, parts.sessions.live());
  // What is no app and no LLM needs no session: no word of the runtime is waited for.
  const asksState = session !== null && callee.kind !== 'other';
  const state = asksState ? await parts.states.state(session.sessionId, session.token, signal) : 'unknown';
  return passOn(outbound, { ...question, session: state }, session);
}

async function passOn(outbound: UnderWay, question: Question, session: KnownSession | null): Promise<Outcome> {
  const { parts, policy, asked, known } = outbound;
  const facts = { sessionId: session?.sessionId ?? null, traceId: session?.traceId ?? null };
  const decision = askPolicy(policy, question, parts.clock.nowMs());
  if (!decision.allow) return outcome(known, decision, facts);
  if (question.callee.kind === 'llm') return passToLlm(outbound, decision, session);
  if (question.callee.app === null) {
    return outcome(known, decision, { ...facts, changes: towardsOutside(asked.request, issuersOf(parts.config)) });
  }
  try {
    return decision.grant.scope.includes('discover')
      ? await discover(outbound, decision, question.callee.app)
      : await exchange(outbound, decision, question.callee.app, session);
  } catch (error) {
    if (!(error instanceof CasaError) || error.code !== 'runtime_unavailable') throw error;
    return outcome(known, askWithoutRuntime(policy, question, parts.clock.nowMs()), facts);
  }
}

function passToLlm(outbound: UnderWay, decision: Decision, session: KnownSession | null): Outcome {
  const { parts, asked, known } = outbound;
  // ext_proc reads the answer: what is not packed need not be unpacked.
  const extra = new Map([['accept-encoding', 'identity']]);
  const changes = towardsOutside(asked.request, issuersOf(parts.config), extra);
  const asks = known.call?.llm ?? null;
  if (session === null || asks === null) return outcome(known, decision, { changes });
  const { sessionId, traceId } = session;
  const llmCallId = parts.random.uuid();
  parts.llmCalls.start({ llmCallId, sessionId, traceId, dialect: asks.dialect, offered: asks.offered });
  return outcome(known, decision, { sessionId, traceId, llmCallId, changes });
}

async function discover(outbound: UnderWay, decision: Decision, callee: string): Promise<Outcome> {
  const { parts, known, asked, signal } = outbound;
  const answer = await parts.appTokens.get(callee, known.decisionId, signal);
  if (answer.kind === 'refused') return outcome(known, answer.decision);
  const { token } = answer;
  const passage = { token, traceId: null, decisionId: known.decisionId, spanId: parts.random.spanId() };
  return outcome(known, decision, { token, changes: towardsCallee(asked.request, passage, issuersOf(parts.config)) });
}

async function exchange(
  outbound: UnderWay,
  decision: Decision,
  audience: string,
  session: KnownSession | null,
): Promise<Outcome> {
  const { parts, known, asked, question, signal } = outbound;
  const { call } = question;
  // INVARIANT (deny by default): without a session there is no token to exchange.
  if (session === null) return outcome(known, denial('session_unknown', 'SESSION', 'the call belongs to no session'));
  const facts = { sessionId: session.sessionId, traceId: session.traceId };
  const parameters = {
    subjectToken: session.token,
    audience,
    tool: call.tool === null ? null : { id: call.tool.id, arguments: canonicalJson(call.tool.arguments) },
    protocol: call.protocol,
    operation: call.operation,
    callId: callIdOf(call),
    decisionId: known.decisionId,
  };
  const answer = await parts.runtime.exchange(parameters, signal);
  if (answer.kind !== 'issued') return outcome(known, decisionAgainst(answer), facts);
  if (call.tool !== null) parts.sessions.consumeSelection(session.sessionId, call.tool.id, call.tool.arguments);
  const token = answer.response.access_token;
  const { decisionId } = known;
  const passage = { token, traceId: session.traceId, decisionId, spanId: parts.random.spanId() };
  const changes = towardsCallee(asked.request, passage, issuersOf(parts.config));
  return outcome(known, answer.response.decision ?? decision, { ...facts, token, changes });
}

function callIdOf(call: Call): string | null {
  const id = call.rpcId === undefined ? null : canonicalJson(call.rpcId);
  return id === null || id.length > callIdLengthMax ? null : id;
}

/** A destination that no rule can allow: its authority cannot be read. */
function nowhere(authority: string): Callee {
  return { kind: 'other', app: null, host: authority.slice(0, 253), port: 0 };
}
