import { denial } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { TraceEvent } from '../../policies/trace.ts';
import { allowed, denied } from '../answer/answer.ts';
import { deniedBody } from '../answer/denied_body.ts';
import { checkDeadlineMs, runtimeDeadlineMs } from '../limits.ts';
import type { CheckRequest, CheckResponse } from '../proto/messages.ts';
import { decideInbound } from './decide_inbound.ts';
import { decideOutbound } from './decide_outbound.ts';
import { type Outcome, outcome } from './outcome.ts';
import type { CheckParts } from './parts.ts';
import { type Asked, readCheckRequest } from './read_request.ts';
import { checkEvent } from './record_event.ts';

/** An answered Check, and what is to be recorded of it once the answer is out. */
export interface CheckAnswer {
  readonly response: CheckResponse;
  readonly event: TraceEvent | null;
  /** What went wrong on the way to a denial, for the log. */
  readonly error: unknown;
}

/** Answers Envoy's question. Never rejects: INVARIANT (deny by default), whatever goes wrong is a denial. */
export async function check(parts: CheckParts, message: CheckRequest): Promise<CheckAnswer> {
  const startedAtMs = parts.clock.monotonicMs();
  const decisionId = parts.random.uuid();
  let asked: Asked | null = null;
  let result: Outcome;
  let failure: unknown = null;
  try {
    asked = readCheckRequest(message);
    result = await decide(parts, asked, decisionId);
  } catch (error) {
    failure = error;
    const away = error instanceof CasaError && error.code === 'runtime_unavailable';
    const reason = away ? 'runtime_unavailable' : 'policy_error';
    result = outcome({ decisionId, caller: null, callee: null, call: null }, denial(reason, 'REQUEST', ''));
  }
  const direction = asked?.direction ?? 'inbound';
  const event = checkEvent(parts, result, direction, parts.clock.monotonicMs() - startedAtMs);
  return { response: answer(parts, result, direction), event, error: failure };
}

async function decide(parts: CheckParts, asked: Asked | null, decisionId: string): Promise<Outcome> {
  const policy = parts.policy();
  const { mas, app } = parts.config;
  const mine = asked !== null && asked.mas === mas && asked.app === app;
  if (policy === null || !mine) {
    const detail = mine ? 'no bundle is loaded' : 'the question is not about this workload';
    return outcome({ decisionId, caller: null, callee: null, call: null }, denial('policy_missing', 'SYSTEM', detail));
  }
  const signal = AbortSignal.timeout(runtimeDeadlineMs);
  const decideBoth = asked.direction === 'outbound' ? decideOutbound : decideInbound;
  return Promise.race([
    decideBoth(parts, policy, asked, decisionId, signal),
    expiry(AbortSignal.timeout(checkDeadlineMs)),
  ]);
}

function expiry(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new CasaError('runtime_unavailable', 'the check took too long')), {
      once: true,
    });
  });
}

function answer(parts: CheckParts, result: Outcome, direction: 'inbound' | 'outbound'): CheckResponse {
  const { decision, decisionId, sessionId, llmCallId } = result;
  const facts = { decisionId, direction, sessionId, llmCallId, decision };
  if (decision.allow) return allowed(facts, result.changes);
  const denials = parts.policy()?.pep.denials ?? 'http403';
  return denied(facts, deniedBody(result.call, decision.reason, decisionId, denials));
}
