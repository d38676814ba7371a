import { TextDecoder } from 'node:util';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import { type AnswerReader, type Progress, type ReadToolCall, UnreadableAnswer } from './answer_reader.ts';

interface Fragments {
  id: string;
  name: string;
  argumentsText: string;
  given: boolean;
}

/** Tool calls under way, by choice and index. */
type Choices = Map<number, Map<number, Fragments>>;

/**
 * Reads a Chat Completions answer that streams as server-sent events. A tool call is given with the chunk that completes
 * its arguments, begins the next one, or ends its choice, whichever comes first.
 */
export function openStreamReader(): AnswerReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const choices: Choices = new Map();
  let rest = '';
  return {
    push(chunk, last): Progress {
      rest += decodeChunk(decoder, chunk, last);
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = last ? '' : (lines.pop() ?? '');
      const calls: ReadToolCall[] = [];
      let completes = last;
      for (const line of lines) completes = readLine(choices, line, calls) || completes;
      if (last) calls.push(...giveAll(choices));
      return { calls, completes };
    },
  };
}

function decodeChunk(decoder: TextDecoder, chunk: Uint8Array, last: boolean): string {
  try {
    return decoder.decode(chunk, { stream: !last });
  } catch (cause) {
    throw new UnreadableAnswer('the stream is no UTF-8', { cause });
  }
}

/** Takes one line of the stream; true when it ends the answer or a choice of it. */
function readLine(choices: Choices, line: string, calls: ReadToolCall[]): boolean {
  if (!line.startsWith('data:')) return false;
  const text = line.slice('data:'.length).trim();
  if (text === '[DONE]') {
    calls.push(...giveAll(choices));
    return true;
  }
  const value = parseStrictJson(Buffer.from(text))?.value;
  // Another reader may find a tool call in what this one cannot read.
  if (!isJsonObject(value)) throw new UnreadableAnswer('an event of the stream is no JSON object');
  if (!Array.isArray(value.choices)) return false;
  let completes = false;
  for (const choice of value.choices as readonly JsonValue[]) {
    if (isJsonObject(choice)) completes = readChoice(choices, choice, calls) || completes;
  }
  return completes;
}

function readChoice(choices: Choices, choice: JsonObject, calls: ReadToolCall[]): boolean {
  const index = typeof choice.index === 'number' ? choice.index : 0;
  const underWay = choices.get(index) ?? new Map<number, Fragments>();
  choices.set(index, underWay);
  const delta = choice.delta;
  const parts =
    isJsonObject(delta) && Array.isArray(delta.tool_calls) ? (delta.tool_calls as readonly JsonValue[]) : [];
  for (const [position, part] of parts.entries()) {
    if (isJsonObject(part)) addFragment(underWay, part, typeof part.index === 'number' ? part.index : position, calls);
  }
  const ends = typeof choice.finish_reason === 'string';
  if (ends) calls.push(...give(underWay, () => true));
  return ends;
}

function addFragment(underWay: Map<number, Fragments>, part: JsonObject, index: number, calls: ReadToolCall[]): void {
  let fragments = underWay.get(index);
  if (fragments === undefined) {
    calls.push(...give(underWay, () => true));
    fragments = { id: '', name: '', argumentsText: '', given: false };
    underWay.set(index, fragments);
  }
  const called = isJsonObject(part.function) ? part.function : {};
  const more = typeof called.arguments === 'string' ? called.arguments : '';
  const name = typeof called.name === 'string' ? called.name : '';
  if (fragments.given && (more.trim() !== '' || (name !== '' && name !== fragments.name))) {
    throw new UnreadableAnswer('a tool call went on after it was complete');
  }
  if (typeof part.id === 'string' && part.id !== '') fragments.id = part.id;
  // Some endpoints repeat the whole name in every fragment.
  if (fragments.name !== name) fragments.name += name;
  fragments.argumentsText += more;
  calls.push(...give(underWay, (candidate) => candidate === fragments && isWhole(candidate)));
}

/** `{}` may be a placeholder that fragments follow, and counts only at the end. */
function isWhole({ name, argumentsText }: Fragments): boolean {
  const text = argumentsText.trim();
  if (name === '' || !text.endsWith('}') || text === '{}') return false;
  return isJsonObject(parseStrictJson(Buffer.from(text))?.value);
}

function giveAll(choices: Choices): readonly ReadToolCall[] {
  return [...choices.values()].flatMap((underWay) => give(underWay, () => true));
}

function give(underWay: Map<number, Fragments>, which: (candidate: Fragments) => boolean): readonly ReadToolCall[] {
  const given: ReadToolCall[] = [];
  for (const fragments of underWay.values()) {
    if (fragments.given || !which(fragments)) continue;
    fragments.given = true;
    if (fragments.name !== '')
      given.push({ id: fragments.id, name: fragments.name, argumentsText: fragments.argumentsText });
  }
  return given;
}
