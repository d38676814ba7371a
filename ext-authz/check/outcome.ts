import type { Callee, Caller, Decision } from '../../policies/contract.ts';
import type { HeaderChanges } from '../answer/answer.ts';
import type { Call } from '../protocols/call.ts';

/** What a Check came to: carried out by the answer, and recorded after it. */
export interface Outcome {
  readonly decision: Decision;
  readonly decisionId: string;
  readonly caller: Caller | null;
  readonly callee: Callee | null;
  readonly call: Call | null;
  readonly sessionId: string | null;
  readonly traceId: string | null;
  /** The token that came or goes with the call; only its hash leaves this process. */
  readonly token: string | null;
  readonly llmCallId: string | null;
  /** Ignored unless the decision allows. */
  readonly changes: HeaderChanges;
}

export const noChanges: HeaderChanges = { set: new Map(), remove: [] };

/** What is known of a call before anything is decided. */
export interface Known {
  readonly decisionId: string;
  readonly caller: Caller | null;
  readonly callee: Callee | null;
  readonly call: Call | null;
}

/** An outcome with what is not said left empty. */
export function outcome(known: Known, decision: Decision, parts: Partial<Outcome> = {}): Outcome {
  return {
    sessionId: null,
    traceId: null,
    token: null,
    llmCallId: null,
    changes: noChanges,
    ...known,
    decision,
    ...parts,
  };
}
