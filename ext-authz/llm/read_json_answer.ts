import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import { type AnswerReader, noProgress, type Progress, type ReadToolCall, UnreadableAnswer } from './answer_reader.ts';

/** How often an answer that is not yet whole is tried. */
const attemptsMax = 64;

/** Reads a Chat Completions answer that is one JSON object: whole as soon as it parses, at the latest with its last chunk. */
export function openJsonReader(): AnswerReader {
  const chunks: Uint8Array[] = [];
  let attempts = 0;
  let done = false;
  return {
    push(chunk, last): Progress {
      chunks.push(chunk);
      if (done || (!last && !mayEnd(chunk))) return noProgress;
      attempts += 1;
      if (!last && attempts > attemptsMax) return noProgress;
      const value = parseStrictJson(Buffer.concat(chunks))?.value;
      if (isJsonObject(value) && Array.isArray(value.choices)) {
        done = true;
        return { calls: (value.choices as readonly JsonValue[]).flatMap(callsOfChoice), completes: true };
      }
      if (last) throw new UnreadableAnswer('the answer is no chat completion');
      return noProgress;
    },
  };
}

function mayEnd(chunk: Uint8Array): boolean {
  return new TextDecoder().decode(chunk.subarray(-64)).trimEnd().endsWith('}');
}

function callsOfChoice(choice: JsonValue): readonly ReadToolCall[] {
  const message = isJsonObject(choice) ? choice.message : undefined;
  const calls = isJsonObject(message) ? message.tool_calls : undefined;
  if (!Array.isArray(calls)) return [];
  return (calls as readonly JsonValue[]).filter(isJsonObject).flatMap((toolCall: JsonObject) => {
    const called = toolCall.function;
    if (!isJsonObject(called) || typeof called.name !== 'string') return [];
    return [
      {
        id: typeof toolCall.id === 'string' ? toolCall.id : '',
        name: called.name,
        argumentsText: typeof called.arguments === 'string' ? called.arguments : '',
      },
    ];
  });
}
