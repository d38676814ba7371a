/** Where the Explorer and the runtime meet: paths and bodies of the Explorer's read-only API (DESIGN 4, `explorer/`). */
import type { AppType, CheckResult, JsonObject, JsonValue } from './contract.ts';

export const explorerPaths = {
  overview: '/api/overview',
  mas: (mas: string) => `/api/mas/${encodeURIComponent(mas)}`,
  graph: (mas: string) => `/api/graph/${encodeURIComponent(mas)}`,
  sessions: '/api/sessions',
  session: (id: string) => `/api/sessions/${encodeURIComponent(id)}`,
  call: (mas: string, decisionId: string) => `/api/calls/${encodeURIComponent(mas)}/${encodeURIComponent(decisionId)}`,
} as const;

/** `would_block`: Audit let it through. */
export type Verdict = 'allowed' | 'blocked' | 'would_block';
/** Discovery does nothing for a user (DESIGN 2) and is counted apart. */
export type CallKind = 'tool' | 'agent' | 'llm' | 'discovery' | 'other';

export interface CallCounts {
  readonly allowed: number;
  readonly blocked: number;
  readonly would_block: number;
}

/** One call, whatever the number of phases that decided on it. */
export interface CallSummary {
  readonly decision_id: string;
  readonly mas: string;
  readonly session_id: string | null;
  readonly kind: CallKind;
  readonly at: string;
  readonly caller: string | null;
  readonly callee: string;
  /** `server/name` */
  readonly tool: string | null;
  readonly operation: string;
  readonly verdict: Verdict;
  /** One of `reasons`, unless an enforcement point is newer than this runtime. */
  readonly reason: string;
}

/** A call that was blocked, beside what the user had asked for. */
export interface BlockedCall extends CallSummary {
  /** Clipped; null without a session. */
  readonly user_input: string | null;
}

export interface MasSummary {
  /** `namespace.name` */
  readonly mas: string;
  readonly display_name: string;
  readonly enforcement: 'Enforce' | 'Audit' | null;
  readonly revision: string;
  /** Revision that decides now; null: every call is denied `policy_missing`. */
  readonly served: string | null;
  readonly updated_at: string;
  readonly apps: number;
  readonly sessions_live: number;
  readonly calls: CallCounts;
}

export interface Overview {
  readonly now: string;
  readonly systems: readonly MasSummary[];
  /** Without discovery. */
  readonly calls: CallCounts;
  readonly discovery: CallCounts;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly tools: readonly ({ readonly mas: string; readonly tool: string } & CallCounts)[];
  /** The latest blocked calls, newest first. */
  readonly blocked: readonly BlockedCall[];
  /** What the counts were made from. */
  readonly counted: { readonly events: number; readonly since: string | null; readonly unrecorded: number };
}

export interface MasPage extends MasSummary {
  readonly checks: readonly { readonly check: string; readonly enabled: boolean }[];
  readonly token_ttl_seconds: number | null;
  readonly session_ttl_seconds: number | null;
  readonly llm: readonly string[];
  readonly members: readonly MasApp[];
  readonly policies: readonly MasPolicy[];
  readonly blocked: readonly BlockedCall[];
}

export interface MasApp {
  readonly name: string;
  readonly type: AppType;
  readonly workload: string;
  readonly address: string;
  readonly enforcement: 'Enforce' | 'Audit';
  readonly takes_prompts: boolean;
  readonly protocols: readonly string[];
  readonly callees: readonly string[];
  readonly policies: readonly string[];
  /** Of an MCP server. */
  readonly tools: readonly { readonly name: string; readonly description: string; readonly reads_only: boolean }[];
}

export interface MasPolicy {
  readonly name: string;
  readonly target: string;
  readonly enforcement: string;
  readonly spec: JsonValue;
}

export interface Graph {
  readonly mas: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Nodes left out because there are too many. */
  readonly omitted: number;
}
export type NodeKind = 'outside' | AppType | 'llm' | 'other';
export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
}
export interface GraphEdge extends CallCounts {
  readonly from: string;
  readonly to: string;
  /** Protocols that the policy allows here; empty: it allows none. */
  readonly protocols: readonly string[];
  readonly reasons: readonly string[];
}

export type SessionLife = 'live' | 'expired' | 'revoked';
export interface SessionSummary {
  readonly session_id: string;
  readonly mas: string;
  readonly conversation_id: string;
  readonly state: SessionLife;
  readonly subject: string;
  readonly entry: string;
  readonly started_at: string;
  readonly expires_at: string;
  /** The user's words; clipped in lists. */
  readonly user_input: string;
  /** null: too long ago to be counted still. */
  readonly calls: CallCounts | null;
  readonly reasons: readonly string[];
}
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
  /** Pass as `before` to go on; null at the end. */
  readonly next: string | null;
}

export interface SessionPage {
  readonly session: SessionSummary;
  readonly trace_id: string;
  readonly linked_trace_id: string | null;
  readonly ceiling: readonly string[];
  /** All sessions of the conversation, oldest first, this one included. */
  readonly turns: readonly { readonly session_id: string; readonly user_input: string; readonly started_at: string }[];
  readonly entries: readonly SessionEntry[];
  readonly tokens: readonly TokenRow[];
  /** The trace is longer than what is shown. */
  readonly truncated: boolean;
}

export type SessionEntry =
  | { readonly kind: 'call'; readonly at: string; readonly call: CallPage }
  | {
      readonly kind: 'llm_answer';
      readonly at: string;
      readonly app: string;
      readonly llm_call_id: string;
      readonly selections: readonly SelectionRow[];
    }
  | {
      readonly kind: 'flow';
      readonly at: string;
      readonly app: string | null;
      readonly destination: string;
      readonly verdict: 'allowed' | 'blocked';
      /** The token that was seen in a request; null: the flow is a connection. */
      readonly token_hash: string | null;
    };

export interface SelectionRow {
  readonly id: string;
  readonly tool: string | null;
  readonly llm_name: string;
  readonly arguments: JsonObject;
  readonly consumed: boolean;
}

/** A call with every phase that decided on it, in time order. */
export interface CallPage extends CallSummary {
  readonly protocol: string;
  readonly caller_type: string | null;
  readonly callee_kind: string;
  readonly arguments: JsonObject | null;
  readonly phases: readonly CallPhase[];
}
export interface CallPhase {
  readonly phase: string;
  readonly at: string;
  readonly allow: boolean;
  readonly audit_only: boolean;
  readonly reason: string;
  readonly checks: readonly (Omit<CheckResult, 'reason'> & { readonly reason: string })[];
  readonly policies: readonly string[];
  readonly decided_in_ms: number | null;
  readonly token_hash: string | null;
}

/** A token of the session: never more of it than its SHA-256. */
export interface TokenRow {
  readonly token_hash: string;
  readonly kind: 'intent' | 'exchanged';
  readonly at: string;
  readonly audience: string;
  readonly client: string | null;
  readonly scope: readonly string[];
  readonly tools: readonly string[];
}
