import { TextDecoder } from 'node:util';
import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import { type AnswerReader, type Progress, UnreadableAnswer } from './answer_reader.ts';
import type { AnswerDialect } from './dialects/answer_dialect.ts';
import { ToolCallParts } from './tool_call_parts.ts';

/** How some interfaces say that a stream is over. */
const endMark = '[DONE]';

/** Reads an answer that streams as server-sent events. */
export function openStreamReader(dialect: AnswerDialect): AnswerReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts = new ToolCallParts();
  let rest = '';
  let answerId: string | null = null;

  /** Takes one line of the stream; true when it ends the answer or a choice of it. */
  function readLine(line: string): boolean {
    if (!line.startsWith('data:')) return false;
    const text = line.slice('data:'.length).trim();
    if (text === endMark) {
      parts.end();
      return true;
    }
    const event = parseStrictJson(Buffer.from(text))?.value;
    // Another reader may find a tool call in what this one cannot read.
    if (!isJsonObject(event)) throw new UnreadableAnswer('an event of the stream is no JSON object');
    answerId ??= dialect.answerId(event);
    return dialect.addEvent(event, parts);
  }

  return {
    push(chunk, last): Progress {
      rest += decodeChunk(decoder, chunk, last);
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = last ? '' : (lines.pop() ?? '');
      let completes = last;
      for (const line of lines) completes = readLine(line) || completes;
      if (last) parts.end();
      return { calls: parts.take(), completes };
    },
    answerId: () => answerId,
  };
}

function decodeChunk(decoder: TextDecoder, chunk: Uint8Array, last: boolean): string {
  try {
    return decoder.decode(chunk, { stream: !last });
  } catch (cause) {
    throw new UnreadableAnswer('the stream is no UTF-8', { cause });
  }
}
