/** The port of `AI_POWERED_TOOL_MATCH`: does a call fit what the user asked for? */
import type { JsonObject, JsonValue, SemanticFacts } from '../../policies/contract.ts';
import type { ToolClass } from './classes/word_lists.ts';

/** A tool as it is pinned in the bundle: the operator's text, never an agent's. */
export interface ToolDefinition {
  readonly server: string;
  readonly name: string;
  readonly description: string;
  readonly annotations: JsonValue;
  readonly inputSchema: JsonObject;
  /** What the operator declared; null: nothing. */
  readonly classes: readonly ToolClass[] | null;
}

/** The user's words and the canonical call, and nothing else: what tools answered never gets here. */
export interface SemanticQuestion {
  /** What the user said to begin this session. */
  readonly words: string;
  /** What the same user said before in this conversation, latest first; read only where `words` asks for nothing. */
  readonly earlier: readonly string[];
  readonly tool: ToolDefinition;
  readonly arguments: JsonObject;
  /** Every tool that the app may use, the called one among them. */
  readonly offered: readonly ToolDefinition[];
}

export interface SemanticCheck {
  /** Never throws: whatever goes wrong is the outcome `failed`, which the rules block. */
  verdict(question: SemanticQuestion): Promise<SemanticFacts>;
}
