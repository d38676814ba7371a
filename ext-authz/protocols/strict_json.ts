import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { jsonDepthMax } from '../limits.ts';

/** The value, or null when two readers of this text could disagree about it. */
export interface StrictJson {
  readonly value: JsonValue;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON (RFC 8259) in which nothing is left to a reader's taste: valid UTF-8 without a byte order mark, no duplicate
 * keys at any depth (compared after unescaping), no numbers that lose digits, bounded depth, nothing behind the value.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson | null {
  try {
    const text = utf8.decode(bytes);
    const value = JSON.parse(text) as JsonValue; // JSON.parse makes nothing but JSON values
    return isUnambiguous(text) ? { value } : null;
  } catch {
    // INVARIANT (deny by default): what cannot be read has no value.
    return null;
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Frame {
  /** Keys seen so far; null in an array. */
  readonly keys: Set<string> | null;
}

const numberToken = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;

/** Walks text that JSON.parse accepted: strings before a colon are keys, digits outside strings are numbers. */
function isUnambiguous(text: string): boolean {
  const frames: Frame[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text.charAt(index);
    if (character === '"') {
      const end = endOfString(text, index);
      if (!noteKey(text, index, end, frames.at(-1))) return false;
      index = end;
      continue;
    }
    if (character === '{' || character === '[') {
      if (frames.length >= jsonDepthMax) return false;
      frames.push({ keys: character === '{' ? new Set() : null });
    } else if (character === '}' || character === ']') {
      frames.pop();
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      const end = endOfExactNumber(text, index);
      if (end === null) return false;
      index = end;
      continue;
    }
    index += 1;
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charAt(index) !== '"') index += text.charAt(index) === '\\' ? 2 : 1;
  return index + 1;
}

function noteKey(text: string, start: number, end: number, frame: Frame | undefined): boolean {
  if (!frame?.keys) return true;
  let after = end;
  while (' \t\n\r'.includes(text.charAt(after)) && after < text.length) after += 1;
  if (text.charAt(after) !== ':') return true;
  const key = JSON.parse(text.slice(start, end)) as string; // a string token
  if (frame.keys.has(key)) return false;
  frame.keys.add(key);
  return true;
}

/** Past the number; null when a double cannot hold it: another reader would see another number. */
function endOfExactNumber(text: string, start: number): number | null {
  numberToken.lastIndex = start;
  const match = numberToken.exec(text);
  if (match === null) return null;
  const value = Number(match[0]);
  const whole = match[1] === undefined && match[2] === undefined;
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) return null;
  return start + match[0].length;
}
