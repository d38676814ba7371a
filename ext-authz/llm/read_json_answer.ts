import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import { type AnswerReader, noProgress, type Progress, UnreadableAnswer } from './answer_reader.ts';
import type { AnswerDialect } from './dialects/answer_dialect.ts';
import { ToolCallParts } from './tool_call_parts.ts';

/** How often an answer that is not yet whole is tried. */
const attemptsMax = 64;

/** Reads an answer that is one JSON object: whole as soon as it parses, at the latest with its last chunk. */
export function openJsonReader(dialect: AnswerDialect): AnswerReader {
  const parts = new ToolCallParts();
  const chunks: Uint8Array[] = [];
  let attempts = 0;
  let done = false;
  let answerId: string | null = null;
  return {
    push(chunk, last): Progress {
      chunks.push(chunk);
      if (done || (!last && !mayEnd(chunk))) return noProgress;
      attempts += 1;
      if (!last && attempts > attemptsMax) return noProgress;
      const value = parseStrictJson(Buffer.concat(chunks))?.value;
      if (isJsonObject(value) && dialect.addWhole(value, parts)) {
        done = true;
        answerId = dialect.answerId(value);
        return { calls: parts.take(), completes: true };
      }
      if (last) throw new UnreadableAnswer('the answer is none of its interface');
      return noProgress;
    },
    answerId: () => answerId,
  };
}

function mayEnd(chunk: Uint8Array): boolean {
  return new TextDecoder().decode(chunk.subarray(-64)).trimEnd().endsWith('}');
}
