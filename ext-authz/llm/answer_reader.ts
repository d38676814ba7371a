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

/** The answer cannot be read without doubt: it must not pass as an answer that was read. */
export class UnreadableAnswer extends Error {}
