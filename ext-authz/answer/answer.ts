import type { Decision } from '../../policies/contract.ts';
import type { Direction } from '../check/read_request.ts';
import { type CheckResponse, type HeaderValueOption, type Struct, setHeader } from '../proto/messages.ts';

export const decisionHeader = 'x-casa-decision';

/** What Envoy is told beside the answer: seen by ext_proc, and in the access log. */
export interface AnswerFacts {
  readonly decisionId: string;
  readonly direction: Direction;
  readonly sessionId: string | null;
  readonly llmCallId: string | null;
  readonly decision: Decision;
}

/** Header changes of a request that goes on. A header that is set must not be removed: Envoy removes last. */
export interface HeaderChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** The request goes on with these header changes. */
export function allowed(facts: AnswerFacts, changes: HeaderChanges): CheckResponse {
  return {
    status: { code: 0 },
    ok_response: {
      headers: [...changes.set].map(([name, value]) => setHeader(name, value)),
      headers_to_remove: changes.remove,
      response_headers_to_add: [setHeader(decisionHeader, facts.decisionId)],
    },
    dynamic_metadata: metadata(facts),
  };
}

export interface DeniedBody {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The request ends here with this answer. gRPC status 7 is PERMISSION_DENIED. */
export function denied(facts: AnswerFacts, answer: DeniedBody): CheckResponse {
  const headers: readonly HeaderValueOption[] = [
    setHeader('content-type', answer.contentType),
    setHeader(decisionHeader, facts.decisionId),
  ];
  return {
    status: { code: 7, message: facts.decision.reason },
    denied_response: { status: { code: answer.status }, headers, body: answer.body },
    dynamic_metadata: metadata(facts),
  };
}

function metadata(facts: AnswerFacts): Struct {
  const text = (value: string) => ({ stringValue: value });
  return {
    fields: {
      decision_id: text(facts.decisionId),
      direction: text(facts.direction),
      session_id: text(facts.sessionId ?? ''),
      allow: { boolValue: facts.decision.allow },
      reason: text(facts.decision.reason),
      ...(facts.llmCallId === null ? {} : { llm_call_id: text(facts.llmCallId) }),
    },
  };
}
