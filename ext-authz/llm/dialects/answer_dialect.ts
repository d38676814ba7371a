import type { JsonObject } from '../../../policies/contract.ts';
import type { ToolCallParts } from '../tool_call_parts.ts';

/** One interface of LLMs: how its answers say what is called. */
export interface AnswerDialect {
  /** Adds the tool calls of an answer in one piece; false when this is no answer of the interface. */
  addWhole(answer: JsonObject, parts: ToolCallParts): boolean;
  /** Adds what one event of a stream says; true when the answer, or a choice of it, is complete with it. */
  addEvent(event: JsonObject, parts: ToolCallParts): boolean;
  /** The answer's id, where an answer or event has it. */
  answerId(value: JsonObject): string | null;
}
