import type { JsonObject, JsonValue, Protocol, RequestProblem } from '../../policies/contract.ts';

/** A tool call as the request spells it; `id` is `server/name`. */
export interface ToolCall {
  readonly server: string;
  readonly name: string;
  readonly id: string;
  readonly arguments: JsonObject;
}

/** A function that an LLM request offers. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters: JsonObject;
}

/** The interfaces of LLMs that are read: the operation's name is the end of the path. */
export type LlmDialect = 'chat/completions' | 'responses' | 'messages';

/** What an LLM request shows of the session it belongs to, and of the tools it offers. */
export interface LlmRequest {
  readonly dialect: LlmDialect;
  readonly latestUserText: string | null;
  /** Ids of earlier answers, and of tool calls in them, that it goes on from. */
  readonly echoedIds: readonly string[];
  readonly offered: readonly OfferedTool[];
  /** The one tool that the request makes the model call, by the LLM's name. */
  readonly forcedTool: string | null;
  /** The request itself begins the model's answer. */
  readonly prefilled: boolean;
}

/** One request, read: what it asks for, and nothing of whether it may. */
export interface Call {
  readonly protocol: Protocol;
  readonly operation: string;
  readonly tool: ToolCall | null;
  /** The user's words it carries. */
  readonly prompt: string | null;
  /** The JSON-RPC id; undefined: a notification, or no JSON-RPC. */
  readonly rpcId: JsonValue | undefined;
  readonly llm: LlmRequest | null;
  readonly problem: RequestProblem | null;
}

const nothing = { tool: null, prompt: null, rpcId: undefined, llm: null, problem: null } as const;

/** A call with what is not said left empty. */
export function call(protocol: Protocol, operation: string, parts: Partial<Call> = {}): Call {
  return { ...nothing, ...parts, protocol, operation };
}

/** A call that could not be read. */
export function unreadable(protocol: Protocol, operation: string, problem: RequestProblem): Call {
  return call(protocol, operation, { problem });
}
