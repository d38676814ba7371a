import type { CASAPolicy, MultiAgentSystem } from '../../crds/types.ts';
import type { CheckResult, JsonObject, Phase, Reason } from '../../policies/contract.ts';

export const driverNames = ['in_process', 'grpc', 'envoy'] as const;
export type DriverName = (typeof driverNames)[number];

/** One behaviour: the systems it stands on, what happens, and what must be decided. */
export interface Behaviour {
  readonly id: string;
  /** One sentence, for people. */
  readonly behaviour: string;
  /** The file it was read from. */
  readonly source: string;
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  /** Milliseconds since the epoch at which the first step happens. */
  readonly clockMs: number;
  readonly drivers: readonly DriverName[];
  readonly steps: readonly Step[];
}

/**
 * Apps are named as in the first system of `resources`, or `namespace.name/app`. `session` and `as` are labels of the file's own:
 * a request with `session` carries the trace headers that the app was given with that session, one without carries none.
 */
export type Step = { readonly line: number; readonly expect: Expectation | null } & (
  | { readonly kind: 'prompt'; readonly prompt: PromptStep }
  | { readonly kind: 'llm'; readonly llm: LlmStep }
  | { readonly kind: 'call'; readonly call: CallStep }
  | { readonly kind: 'discover'; readonly discover: DiscoverStep }
  | { readonly kind: 'delegate'; readonly delegate: DelegateStep }
  | { readonly kind: 'replay_token'; readonly replay_token: ReplayTokenStep }
  | { readonly kind: 'raw'; readonly raw: RawStep }
  | { readonly kind: 'revoke'; readonly revoke: { readonly session: string } }
  | { readonly kind: 'advance'; readonly advance: { readonly seconds: number } }
);

/** `from` is an app, `outside` every MAS, the pod's own address (`self`) or `loopback`. */
export interface PromptStep {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly as?: string;
  /** The request arrives without having passed the sender's own Envoy. */
  readonly direct?: boolean;
}
export interface LlmStep {
  readonly app: string;
  readonly session: string;
  /** The answer streams as server-sent events. */
  readonly stream?: boolean;
  /** false: the agent drops the trace headers. */
  readonly trace?: boolean;
  readonly selects: readonly LlmSelection[];
}
/** `tool` is spelled to the LLM by the app's `toolNames`; `llm_name` is taken as it is. */
export interface LlmSelection {
  readonly tool?: string;
  readonly llm_name?: string;
  readonly arguments?: JsonObject;
}
export interface CallStep {
  readonly app: string;
  readonly session?: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments?: JsonObject;
  /** The JSON-RPC id; absent, a fresh one. */
  readonly id?: number | string;
  /** Labels the token that travelled between the two Envoys, for `replay_token`. */
  readonly as?: string;
}
/** `operation` is an MCP method, or `agent_card` of an agent. */
export interface DiscoverStep {
  readonly app: string;
  readonly server: string;
  readonly operation: string;
  readonly params?: JsonObject;
}
export interface DelegateStep {
  readonly app: string;
  readonly to: string;
  readonly text: string;
  readonly session?: string;
}
/** Arrives at `to` with a token: a labelled one, `none`, or one `like` a labelled one that is `forged` or `unsigned`. */
export interface ReplayTokenStep {
  readonly token: string;
  readonly like?: string;
  readonly from?: string;
  readonly to: string;
  readonly tool: string;
  readonly arguments?: JsonObject;
}
/** `to` is an app, or `host:port`. `body_bytes`: a body of this length instead of `body`. */
export interface RawStep {
  readonly app: string;
  readonly to: string;
  readonly session?: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly body_bytes?: number;
}

export interface Expectation {
  readonly decision: 'allow' | 'deny';
  readonly reason?: Reason;
  /** Where the last word was spoken: where it was refused, or for an allowed request the last phase that was asked. */
  readonly phase?: Phase;
  readonly checks?: { readonly [check: string]: CheckResult['outcome'] };
  /** Tools of the token that travelled between the two Envoys, sorted. */
  readonly tools?: readonly string[];
}
