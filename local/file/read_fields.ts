import { closest, distance } from 'fastest-levenshtein';
import type { Issue } from '../../crds/issue.ts';

/** Reads typed fields from an unknown mapping and collects an issue for each mistake, so that all are told at once. */
export interface Fields {
  readonly path: string;
  string(key: string): string | null;
  text(key: string, fallback: string): string;
  flag(key: string): boolean;
  port(key: string): number | null;
  strings(key: string): readonly string[] | null;
  texts(key: string): { readonly [name: string]: string };
  items(key: string): readonly unknown[];
  child(key: string): unknown;
  oneOf<const T extends string>(key: string, values: readonly T[], fallback: T): T;
  issue(key: string, message: string): void;
}

/** The mapping's fields; null, with an issue, when `value` is no mapping. Keys outside `known` are issues. */
export function readFields(value: unknown, path: string, known: readonly string[], issues: Issue[]): Fields | null {
  const report = (at: string, message: string) => {
    issues.push({ code: 'local_file', severity: 'error', resource: 'local', path: at, message });
  };
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    report(path, 'must be a mapping');
    return null;
  }
  const fields = new Map(Object.entries(value));
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of fields.keys()) if (!known.includes(key)) report(at(key), `unknown field${nearest(key, known)}`);

  const expect = <T>(key: string, accept: (found: unknown) => found is T, wanted: string): T | null => {
    const found: unknown = fields.get(key);
    if (found === undefined || found === null) return null;
    if (accept(found)) return found;
    report(at(key), `must be ${wanted}`);
    return null;
  };
  return {
    path,
    string: (key) => expect(key, isText, 'a text'),
    text: (key, fallback) => expect(key, isText, 'a text') ?? fallback,
    flag: (key) => expect(key, isFlag, '`true` or `false`') ?? false,
    port: (key) => expect(key, isPort, 'a port number'),
    strings: (key) => expect(key, isTexts, 'a list of texts'),
    texts: (key) => {
      const found = fields.get(key) ?? {};
      if (typeof found !== 'object' || Array.isArray(found)) {
        report(at(key), 'must be a mapping of texts');
        return {};
      }
      const entries = Object.entries(found).flatMap(([name, entry]) => {
        if (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean')
          return [[name, String(entry)]];
        report(`${at(key)}.${name}`, 'must be a text');
        return [];
      });
      return Object.fromEntries(entries);
    },
    items: (key) => expect(key, Array.isArray, 'a list') ?? [],
    child: (key) => fields.get(key) ?? null,
    oneOf: (key, values, fallback) => {
      const found = fields.get(key);
      if (found === undefined) return fallback;
      const match = values.find((value) => value === found);
      if (match === undefined) report(at(key), `must be one of \`${values.join('`, `')}\``);
      return match ?? fallback;
    },
    issue: (key, message) => report(at(key), message),
  };
}

/** ` (did you mean ...?)`, or nothing when no known name is near. */
export function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const candidate = closest(name, [...known]);
  return distance(name, candidate) <= Math.max(2, name.length / 3) ? ` (did you mean \`${candidate}\`?)` : '';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
