/** A copy that holds only what JSON can say, so that neither prototypes nor odd numbers reach the rules. */
import type { JsonValue } from '../contract.ts';
import { CasaError } from '../errors.ts';

/** Levels of nesting that a question or a document may have. */
export const depthMax = 64;

/**
 * Own enumerable members only, on objects without a prototype. Throws `bug` for what JSON would change silently: an
 * infinite number becomes null in JSON, and null passes a `maximum`.
 */
export function plainJson(value: unknown, depth = 0): JsonValue {
  if (depth > depthMax) throw new CasaError('bug', `nested deeper than ${depthMax} levels`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new CasaError('bug', 'a number that JSON cannot hold');
      return value;
    case 'object':
      break;
    default:
      throw new CasaError('bug', `a ${typeof value} is not JSON`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, (item) => plainJson(item, depth + 1));
  const copy: Record<string, JsonValue> = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) copy[key] = plainJson(member, depth + 1);
  }
  return copy;
}
