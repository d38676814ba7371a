/** What a run left behind: read from files and from CASA's public trace, never from its code. */

export interface ToolCall {
  readonly tool: string;
  readonly arguments: unknown;
  readonly ok: boolean;
  readonly latencyMs: number;
  /** The decision named in the refusal, if any. */
  readonly decisionId: string | null;
}

/** A socket that an agent opened past its tools, as it saw it. */
export interface SocketAttempt {
  readonly proto: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly outcome: string;
}

/** One conversation as the client heard it. */
export interface Conversation {
  readonly agent: string;
  readonly case: string;
  readonly prompt: string;
  readonly status: number;
  readonly toolCalls: readonly ToolCall[];
  readonly sockets: readonly SocketAttempt[];
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
      /** SHA-256 of the token that the exchange made, or that the call came with. */
      readonly tokenHash: string | null;
      readonly tool: string;
      readonly arguments: unknown;
      readonly allow: boolean;
      readonly reason: string;
      readonly checks: readonly Check[];
    }
  | Flow;

/** A connection, or a bearer token in a request, that the kernel saw. */
export interface Flow {
  readonly kind: 'flow';
  readonly eventId: string;
  readonly app: string;
  readonly proto: string;
  readonly destination: string;
  readonly port: number;
  readonly verdict: string;
  /** Of a token that the runtime knows: the session that it is of, and its SHA-256. */
  readonly sessionId: string | null;
  readonly tokenHash: string | null;
}

/** Whether the kernel held the apps to their rows and, when not, why. */
export interface KernelLayer {
  readonly on: boolean;
  readonly because: string | null;
}

export interface Run {
  readonly mode: string;
  readonly kernel: KernelLayer;
  readonly conversations: readonly Conversation[];
  readonly trace: readonly TraceEvent[];
  readonly ledger: readonly LedgerRow[];
  /** Every decision id that some Envoy's access log has. */
  readonly logged: ReadonlySet<string>;
}
