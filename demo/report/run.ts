/** What a run left behind: read from files and from CASA's public trace, never from its code. */

export interface ToolCall {
  readonly tool: string;
  readonly arguments: unknown;
  readonly ok: boolean;
  readonly latencyMs: number;
  /** The decision named in the refusal, if any. */
  readonly decisionId: string | null;
}

/** One conversation as the client heard it. */
export interface Conversation {
  readonly agent: string;
  readonly case: string;
  readonly prompt: string;
  readonly status: number;
  readonly toolCalls: readonly ToolCall[];
}

export interface LedgerRow {
  readonly tool: string;
  readonly arguments: unknown;
  readonly requestId: string | null;
}

export interface Check {
  readonly check: string;
  readonly outcome: string;
  readonly reason: string;
}

/** The trace events that say something of a session or of a tool call; `tool` is `server/name`. */
export type TraceEvent =
  | { readonly kind: 'session'; readonly sessionId: string; readonly entry: string; readonly userInput: string }
  | {
      readonly kind: 'decision';
      readonly exchange: boolean;
      readonly decisionId: string;
      readonly sessionId: string | null;
      readonly tool: string;
      readonly arguments: unknown;
      readonly allow: boolean;
      readonly reason: string;
      readonly checks: readonly Check[];
    };

export interface Run {
  readonly mode: string;
  readonly conversations: readonly Conversation[];
  readonly trace: readonly TraceEvent[];
  readonly ledger: readonly LedgerRow[];
  /** Every decision id that some Envoy's access log has. */
  readonly logged: ReadonlySet<string>;
}
