import { canonicalJson } from '../../policies/canonical.ts';
import { denial, type StartPeer } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { SessionStartResponse } from '../../policies/wire.ts';
import { issuersOf } from '../config.ts';
import { userInputBytesMax } from '../limits.ts';
import type { Call } from '../protocols/call.ts';
import type { StartParameters } from '../runtime_client/forms.ts';
import { decisionAgainst } from '../runtime_client/runtime_client.ts';
import { parseTraceId } from '../sessions/trace_parent.ts';
import { towardsCallee } from './header_changes.ts';
import { type Outcome, outcome } from './outcome.ts';
import { askPolicy, askWithoutRuntime, type Question } from './question.ts';
import type { UnderWay } from './under_way.ts';

export type Start =
  | { readonly kind: 'started'; readonly session: SessionStartResponse }
  | { readonly kind: 'denied'; readonly outcome: Outcome };

/** Starts a session for this call: the local policy is asked first, the runtime has the last word. */
export async function startSession(
  check: Pick<UnderWay, 'parts' | 'policy' | 'asked' | 'known' | 'signal'>,
  question: Omit<Question, 'phase' | 'startPeer'>,
  startPeer: StartPeer,
): Promise<Start> {
  const { parts, policy, known, asked } = check;
  const { call, callee, caller } = question;
  const issue: Question = { ...question, phase: 'issue', startPeer };
  const decision = askPolicy(policy, issue, parts.clock.nowMs());
  if (!decision.allow) return { kind: 'denied', outcome: outcome(known, decision) };
  const tool = call.tool === null ? null : { id: call.tool.id, arguments: canonicalJson(call.tool.arguments) };
  const userInput = userInputOf(call);
  if (Buffer.byteLength(userInput) > userInputBytesMax) {
    const tooLarge = denial('body_too_large', 'REQUEST', 'the words that start a session are too many');
    return { kind: 'denied', outcome: outcome(known, tooLarge) };
  }
  const parameters: StartParameters = {
    userInput,
    audience: callee.app ?? '',
    caller: caller?.app ?? null,
    tool,
    linkedTraceId: parseTraceId(asked.request.headers.get('traceparent')),
    decisionId: known.decisionId,
  };
  try {
    const answer = await parts.runtime.startSession(parameters, check.signal);
    if (answer.kind === 'issued') return { kind: 'started', session: answer.response };
    return { kind: 'denied', outcome: outcome(known, decisionAgainst(answer)) };
  } catch (error) {
    if (!(error instanceof CasaError) || error.code !== 'runtime_unavailable') throw error;
    return { kind: 'denied', outcome: outcome(known, askWithoutRuntime(policy, issue, parts.clock.nowMs())) };
  }
}

/** The user's words; for a direct tool call the call itself, whose digest is the token's (policies/wire.ts). */
function userInputOf({ tool, prompt }: Call): string {
  return tool === null ? (prompt ?? '') : canonicalJson({ arguments: tool.arguments, tool: tool.id });
}

/** A client's prompt to an agent, or its direct tool call: the session it starts gives the token that goes along. */
export async function startFromClient(outbound: UnderWay): Promise<Outcome> {
  const { parts, policy, asked, known, question } = outbound;
  const start = await startSession(outbound, question, 'client');
  if (start.kind === 'denied') return start.outcome;
  const { access_token: token, session_id: sessionId, trace_id: traceId } = start.session;
  const decision = askPolicy(policy, { ...question, session: 'live' }, parts.clock.nowMs());
  if (!decision.allow) return outcome(known, decision, { sessionId, traceId });
  const passage = { token, traceId, decisionId: known.decisionId, spanId: parts.random.spanId() };
  const changes = towardsCallee(asked.request, passage, issuersOf(parts.config));
  return outcome(known, decision, { sessionId, traceId, token, changes });
}
