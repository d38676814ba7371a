import type { JsonObject } from '../../policies/contract.ts';
import type { ToolCallParts } from './tool_call_parts.ts';

/** A tool call as an LLM's answer spells it. */
export interface ReadToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as far as the answer is well formed. */
  readonly argumentsText: string;
}

/** What the latest chunk brought to its end. */
export interface Progress {
  /** Tool calls that an agent could act on once it has this chunk; each is given once. */
  readonly calls: readonly ReadToolCall[];
  /** The answer, or one of its choices, is complete with this chunk. */
  readonly completes: boolean;
}

export const noProgress: Progress = { calls: [], completes: false };

/** Reads one answer as it passes. `push` throws UnreadableAnswer when the answer contradicts itself. */
export interface AnswerReader {
  push(chunk: Uint8Array, last: boolean): Progress;
  /** The id by which a later request can go on from this answer; null while it is not known. */
  answerId(): string | null;
}

/** One interface of LLMs: how its answers say what is called. */
export interface AnswerDialect {
  /** Adds the tool calls of an answer in one piece; false when this is no answer of the interface. */
  addWhole(answer: JsonObject, parts: ToolCallParts): boolean;
  /** Adds what one event of a stream says; true when the answer, or a choice of it, is complete with it. */
  addEvent(event: JsonObject, parts: ToolCallParts): boolean;
  /** The answer's id, where an answer or event has it. */
  answerId(value: JsonObject): string | null;
}

/** The answer cannot be read without doubt: it must not pass as an answer that was read. */
export class UnreadableAnswer extends Error {}
