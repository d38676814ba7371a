/** The events of a session's trace (DESIGN 5.6), as sent, stored and exported. Never a raw token. */
import type { AppType, Callee, Decision, JsonObject, Phase, Protocol } from './contract.ts';

interface EventBase {
  /** UUID; storing the same id twice stores it once. */
  readonly event_id: string;
  readonly mas: string;
  /** null for what belongs to no session. */
  readonly session_id: string | null;
  /** RFC 3339, milliseconds, UTC. */
  readonly at: string;
  readonly trace_id: string | null;
  /** SHA-256 of the token concerned, lower-case hex; null without one. */
  readonly token_hash: string | null;
}

/** A tool call that the LLM returned, mapped to `server/name`. */
export interface SelectionFact {
  /** The provider's id of the tool call (`tool_call_id`). */
  readonly id: string;
  /** `server/name`; null when the LLM's name maps to no tool or to two: then it selects nothing. */
  readonly tool: string | null;
  /** The name as the LLM spelled it. */
  readonly llm_name: string;
  readonly arguments: JsonObject;
}

export interface SessionStarted extends EventBase {
  readonly kind: 'session_started';
  readonly caller: string | null;
  readonly entry: string;
  readonly subject: string;
  readonly conversation_id: string;
  readonly user_input: string;
  readonly linked_trace_id: string | null;
}
export interface TokenIssued extends EventBase {
  readonly kind: 'token_issued';
  readonly app: string;
  readonly scope: readonly string[];
  readonly tools: readonly string[];
}
export interface TokenExchanged extends EventBase {
  readonly kind: 'token_exchanged';
  readonly caller: string;
  readonly callee: string;
  readonly tool: string | null;
  readonly decision_id: string;
  readonly decision: Decision;
}
export interface TokenIntrospected extends EventBase {
  readonly kind: 'token_introspected';
  readonly app: string;
  readonly active: boolean;
}
export interface LlmCallStarted extends EventBase {
  readonly kind: 'llm_call_started';
  readonly app: string;
  readonly llm_call_id: string;
  readonly decision_id: string;
  readonly decision: Decision;
  /** The one tool that the request made the model call, by the LLM's name: such a selection was the agent's, not the model's. */
  readonly forced_tool: string | null;
  /** The request itself began the model's answer. */
  readonly prefilled: boolean;
}
export interface LlmCallEnded extends EventBase {
  readonly kind: 'llm_call_ended';
  readonly app: string;
  readonly llm_call_id: string;
  readonly selections: readonly SelectionFact[];
}
/** One checked request between apps, or to anything else: what was asked and answered at one phase. */
export interface CallDecided extends EventBase {
  readonly kind: 'agent_call' | 'tool_call';
  readonly phase: Phase;
  readonly caller: string | null;
  readonly caller_type: AppType | null;
  readonly callee: Callee;
  readonly protocol: Protocol;
  readonly operation: string;
  /** `server/name` */
  readonly tool: string | null;
  readonly arguments: JsonObject | null;
  readonly decision_id: string;
  readonly decision: Decision;
  /** Time the PEP took to decide. */
  readonly decided_in_ms: number;
}
export interface PolicyChanged extends EventBase {
  readonly kind: 'policy_changed';
  readonly revision: string | null;
}
export interface Flow extends EventBase {
  readonly kind: 'flow';
  readonly app: string | null;
  readonly destination: string;
  readonly port: number;
  /** `tcp`, `udp`, or the number of another protocol. */
  readonly proto: string;
  /** The process's name for itself, as the kernel has it; empty with a token. */
  readonly command: string;
  readonly verdict: 'allow' | 'deny';
  /** The bearer token that was seen in a request; null: the flow is a connection. Joined, the event has its session and `token_hash`. */
  readonly bearer: SeenBearer | null;
}

/** A bearer token as the kernel tells it: by SipHash-2-4 under the runtime's key, as 16 hexadecimal digits. */
export interface SeenBearer {
  readonly keyed_hash: string;
  readonly bytes: number;
  readonly source_port: number;
}

export type TraceEvent =
  | SessionStarted
  | TokenIssued
  | TokenExchanged
  | TokenIntrospected
  | LlmCallStarted
  | LlmCallEnded
  | CallDecided
  | PolicyChanged
  | Flow;

/** `GET /trace` and `/trace/{session}`: oldest first, `next` to go on. */
export interface TracePage {
  readonly events: readonly (TraceEvent & { readonly sequence: number })[];
  readonly next: number | null;
}
