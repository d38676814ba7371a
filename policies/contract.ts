/**
 * The question and the answer: what Rego is asked, and all it may answer (DESIGN 5.2).
 * `policies/contract.test.ts` holds this file against what the Rego reads and returns.
 */

export const phases = ['issue', 'exchange', 'outbound', 'inbound'] as const;
/** Where the question is asked: session start, token exchange, leaving the caller, arriving at the callee. */
export type Phase = (typeof phases)[number];

export type AppType = 'agent' | 'client' | 'mcp_server';
export type Protocol = 'mcp' | 'a2a' | 'http' | 'llm';
export type Scope = 'user-input' | 'call-agents' | 'call-tools' | 'discover';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A set as Rego reads it fastest. */
export type NameSet = { readonly [name: string]: true };

/** One app of the MAS the question is about. */
export interface Caller {
  readonly app: string;
  readonly type: AppType;
}

/** Where the call goes. `app` is null unless `kind` is `app`. */
export interface Callee {
  readonly kind: 'app' | 'llm' | 'other';
  readonly app: string | null;
  /** Lower case, without port; an IP address is in canonical IPv4 or IPv6 form (never IPv4-mapped). */
  readonly host: string;
  readonly port: number;
}

/** A tool call: `server` is an app's name, `name` the tool's own. */
export interface Tool {
  readonly server: string;
  readonly name: string;
  /** Present only if some rule of this MAS reads arguments (`system.reads_arguments`). */
  readonly arguments?: JsonObject;
}

/** What is known of the token that came with the request. Unverified tokens carry no claims. */
export interface TokenFacts {
  /** Signature, issuer and type were good. Nothing is said of time, audience or revocation. */
  readonly verified: boolean;
  readonly sub: string;
  /** Actors, outermost (the current one) first. */
  readonly act: readonly string[];
  readonly aud: readonly string[];
  readonly scope: readonly Scope[];
  /** Keys are `server/name`. */
  readonly tools: NameSet;
  readonly session_id: string | null;
  /** Seconds since the epoch. */
  readonly exp: number;
  /** Inbound only: whether the token's digest equals the call's; null where the token has none. */
  readonly call_matches: boolean | null;
  /** True when an Audit system minted this token for a call that Enforce would have refused. */
  readonly audit: boolean;
}

/** INVARIANT (deny by default): a token whose signature, issuer or type was not good carries no claims. */
export const unverifiedToken: TokenFacts = {
  verified: false,
  sub: '',
  act: [],
  aud: [],
  scope: [],
  tools: {},
  session_id: null,
  exp: 0,
  call_matches: null,
  audit: false,
};

/** `unconfirmed`: neither the revocation feed nor an introspection vouched for it within the last 30 s. */
export type SessionState = 'live' | 'revoked' | 'expired' | 'unknown' | 'unconfirmed';

/** What the LLM selected for this app in this session. */
export interface SelectedFacts {
  /** LLM answers recorded for the calling app in this session. */
  readonly calls: number;
  /** The best match among its selections, an unconsumed one preferred. */
  readonly match: 'none' | 'name' | 'exact';
  /** True when only consumed selections match. */
  readonly consumed: boolean;
}

/** The verdict of the semantic check. `score` is 0 to 1, null where the strategy has none. */
export interface SemanticFacts {
  readonly outcome: 'match' | 'no_match' | 'abstain' | 'failed';
  readonly score: number | null;
  readonly strategy: 'embeddings' | 'llm_verifier' | 'hybrid';
}

/** Usage of limits in this session, calls in flight included, this call excluded. Keys are rule ids. */
export interface Counters {
  readonly [ruleId: string]: { readonly calls: number; readonly sum: number };
}

/** Why a request could not be read, or not be asked about. */
export type RequestProblem =
  | 'body_truncated'
  | 'body_too_large'
  | 'body_malformed'
  | 'header_body_mismatch'
  | 'runtime_unavailable'
  | 'semantic_unavailable';

/** Who may have sent a request that would start a session; null where no session would start. */
export type StartPeer = 'client' | 'outside' | 'workload' | 'self';

/** The one question. Every key is always present; what does not apply is null (or an empty object). */
export interface DecisionInput {
  readonly phase: Phase;
  /** `namespace.name` */
  readonly mas: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** null: the caller is no app of this MAS. */
  readonly caller: Caller | null;
  readonly callee: Callee;
  readonly protocol: Protocol;
  /** `tools/call`, `initialize`, `prompt`, `SendMessage`, `POST`, `chat/completions`, ... */
  readonly operation: string;
  readonly tool: Tool | null;
  readonly token: TokenFacts | null;
  readonly session: { readonly state: SessionState } | null;
  readonly selected: SelectedFacts | null;
  readonly semantic: SemanticFacts | null;
  readonly counters: Counters;
  readonly problem: RequestProblem | null;
  readonly start_peer: StartPeer | null;
}

export const reasons = [
  'ok',
  'tool_not_in_token',
  'tool_not_selected_by_llm',
  'selection_arguments_differ',
  'selection_consumed',
  'no_llm_calls_made_by_app',
  'tool_intent_mismatch',
  'tool_denied_by_policy',
  'arguments_denied_by_policy',
  'limit_exceeded',
  'protocol_not_allowed',
  'destination_not_allowed',
  'token_missing',
  'token_invalid',
  'token_expired',
  'audience_mismatch',
  'insufficient_scope',
  'session_unknown',
  'session_revoked',
  'session_start_not_allowed',
  'operation_not_allowed',
  'tool_unknown',
  'body_truncated',
  'body_too_large',
  'body_malformed',
  'header_body_mismatch',
  'runtime_unavailable',
  'policy_missing',
  'policy_error',
  'semantic_unavailable',
] as const;
/** The closed list; one sentence of help for each is in `reasons.json`. */
export type Reason = (typeof reasons)[number];

export const checkNames = [
  'DETERMINISTIC_TOOL_SELECTED',
  'DETERMINISTIC_LLM_SELECTED_TOOLS',
  'AI_POWERED_TOOL_MATCH',
] as const;
/** The three that a MAS can switch on and off, in the table's order. */
export type ToolCheckName = (typeof checkNames)[number];

/** `check` is a ToolCheckName or the name of a structural check, such as `TOKEN`, `DESTINATION`, `POLICY`. */
export interface CheckResult {
  readonly check: string;
  readonly outcome: 'ALLOW' | 'BLOCK' | 'ABSTAIN';
  readonly reason: Reason;
  /** For people; may name apps, tools and policies, never arguments, prompts or tokens. */
  readonly detail: string;
}

/** What the token minted on an allow may carry. `tools` is sorted, of `server/name`. */
export interface Grant {
  readonly tools: readonly string[];
  readonly scope: readonly Scope[];
}

/** The one answer, always whole. */
export interface Decision {
  readonly allow: boolean;
  /** `ok` exactly when nothing blocked. */
  readonly reason: Reason;
  readonly checks: readonly CheckResult[];
  readonly grant: Grant;
  /** True when the call is allowed only because the policy is in Audit; `reason` then says what Enforce would have said. */
  readonly audit_only: boolean;
  /** Names of the CASAPolicies that had a say, sorted. */
  readonly policies: readonly string[];
}

/** The one entrypoint of the compiled module. */
export const entrypoint = 'casa/decision';

/** A denial made outside Rego: there was no answer to carry out. */
export function denial(reason: Exclude<Reason, 'ok'>, check: string, detail: string): Decision {
  return {
    allow: false,
    reason,
    checks: [{ check, outcome: 'BLOCK', reason, detail }],
    grant: { tools: [], scope: [] },
    audit_only: false,
    policies: [],
  };
}
