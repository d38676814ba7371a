import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import { type ReadToolCall, UnreadableAnswer } from './answer_reader.ts';

interface Fragments {
  id: string;
  name: string;
  argumentsText: string;
  given: boolean;
}

/** What one event adds to a tool call; what it does not say is empty. */
export interface ToolCallPart {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
}

/**
 * Puts tool calls together from their parts, in groups (the choices of an answer) and under a key in each. A call is given with
 * the part that completes its arguments, that begins the next call of its group, or with its end, whichever comes first; each is
 * given once. Throws UnreadableAnswer when a call goes on, or ends otherwise, after it was given.
 */
export class ToolCallParts {
  readonly #groups = new Map<number, Map<number, Fragments>>();
  #given: ReadToolCall[] = [];

  /** Calls that became complete since the last time. */
  take(): readonly ReadToolCall[] {
    const given = this.#given;
    this.#given = [];
    return given;
  }

  add(group: number, key: number, part: ToolCallPart): void {
    const fragments = this.#groups.get(group)?.get(key) ?? this.#begin(group, key);
    const { id, name, argumentsText } = part;
    if (fragments.given && (argumentsText.trim() !== '' || (name !== '' && name !== fragments.name))) {
      throw new UnreadableAnswer('a tool call went on after it was complete');
    }
    if (id !== '') fragments.id = id;
    // Some endpoints repeat the whole name in every part.
    if (fragments.name !== name) fragments.name += name;
    fragments.argumentsText += argumentsText;
    if (isWhole(fragments)) this.#give(fragments);
  }

  /** The call as it is at its end: what came in parts must be the same. */
  addWhole(group: number, key: number, whole: ToolCallPart): void {
    const fragments = this.#groups.get(group)?.get(key) ?? this.#begin(group, key);
    if (fragments.given && !isSame(fragments, whole)) {
      throw new UnreadableAnswer('a tool call ended otherwise than its parts said');
    }
    Object.assign(fragments, whole);
    this.#give(fragments);
  }

  /** No more parts come of this call, of this group, or of any. */
  end(group?: number, key?: number): void {
    const groups = group === undefined ? [...this.#groups.values()] : [this.#groups.get(group) ?? new Map()];
    for (const calls of groups) {
      for (const [at, fragments] of calls) if (key === undefined || at === key) this.#give(fragments);
    }
  }

  #begin(group: number, key: number): Fragments {
    this.end(group);
    const calls = this.#groups.get(group) ?? new Map<number, Fragments>();
    this.#groups.set(group, calls);
    const fragments = { id: '', name: '', argumentsText: '', given: false };
    calls.set(key, fragments);
    return fragments;
  }

  #give(fragments: Fragments): void {
    if (fragments.given) return;
    fragments.given = true;
    const { id, name, argumentsText } = fragments;
    if (name !== '') this.#given.push({ id, name, argumentsText });
  }
}

/** `{}` may be a placeholder that parts follow, and counts only at the end. */
function isWhole({ name, argumentsText }: Fragments): boolean {
  const text = argumentsText.trim();
  if (name === '' || !text.endsWith('}') || text === '{}') return false;
  return isJsonObject(parseStrictJson(Buffer.from(text))?.value);
}

function isSame(fragments: Fragments, whole: ToolCallPart): boolean {
  return fragments.name === whole.name && fragments.argumentsText.trim() === whole.argumentsText.trim();
}
