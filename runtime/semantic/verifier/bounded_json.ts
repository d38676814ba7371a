/** What a verifier is shown of a call: JSON of bounded size, long texts with their middle left out. */
import { canonicalJson } from '../../../policies/canonical.ts';
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';

export const textShownCharsMax = 400;
const textTailChars = 100;
const itemsShownMax = 50;
const depthShownMax = 8;

/** Same shape as `value`; what was left out is said in its place. */
export function boundedJson(value: JsonValue, depth = 0): JsonValue {
  if (typeof value === 'string') return boundedText(value, textShownCharsMax);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= depthShownMax) return boundedText(canonicalJson(value), textShownCharsMax);
  if (Array.isArray(value)) {
    const shown = value.slice(0, itemsShownMax).map((item: JsonValue) => boundedJson(item, depth + 1));
    return value.length > itemsShownMax ? [...shown, leftOut(value.length - itemsShownMax, 'items')] : shown;
  }
  const members = Object.entries(value as JsonObject); // no array: see above, which readonly arrays defeat
  const shown = members
    .slice(0, itemsShownMax)
    .map(([name, member]) => [boundedText(name, textShownCharsMax), boundedJson(member, depth + 1)] as const);
  const rest = members.length - shown.length;
  return Object.fromEntries(rest > 0 ? [...shown, ['', leftOut(rest, 'members')]] : shown);
}

/** Head and tail: what stands at the end cannot be hidden behind padding. */
export function boundedText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const head = text.slice(0, charsMax - textTailChars);
  return `${head} ${leftOut(text.length - charsMax, 'characters')} ${text.slice(-textTailChars)}`;
}

function leftOut(count: number, of: string): string {
  return `[${count} ${of} left out]`;
}
