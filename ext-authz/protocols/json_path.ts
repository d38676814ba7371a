import type { JsonValue } from '../../policies/contract.ts';
import { isJsonObject } from './strict_json.ts';

/** A member's name, or an array's index. */
export type JsonPath = readonly (string | number)[];

const step = /\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y;

/**
 * Reads the kubectl JSONPath subset of `promptFieldJsonPath`: `{.a.b[0].c}`, `{['quoted key']}`, braces and `$` optional.
 * null: anything more, which the compiler reports as an issue.
 */
export function parseJsonPath(text: string): JsonPath | null {
  const braced = /^\{(.*)\}$/s.exec(text.trim());
  const path = (braced?.[1] ?? text).trim().replace(/^\$/, '');
  const steps: (string | number)[] = [];
  let index = 0;
  while (index < path.length) {
    step.lastIndex = index;
    const match = step.exec(path);
    if (match === null) return null;
    const [whole, name, position, single, double] = match;
    const quoted = (single ?? double)?.replace(/\\(.)/gs, '$1');
    steps.push(position === undefined ? ((name ?? quoted) as string) : Number(position)); // one of the three matched
    index += whole.length;
  }
  return steps.length === 0 ? null : steps;
}

/** What the path points at, or undefined. */
export function readJsonPath(path: JsonPath, value: JsonValue): JsonValue | undefined {
  let current: JsonValue | undefined = value;
  for (const key of path) {
    if (typeof key === 'number') current = Array.isArray(current) ? (current as readonly JsonValue[])[key] : undefined;
    else current = isJsonObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}
