import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Issue, sortIssues } from '../../crds/issue.ts';
import type { ManifestDocument } from '../../crds/load.ts';
import { quote } from '../../crds/quote.ts';
import type { Behaviour } from './behaviour.ts';
import { parseBehaviour } from './parse_behaviour.ts';

export interface ReadBehaviours {
  /** Sorted by id. */
  readonly behaviours: readonly Behaviour[];
  readonly issues: readonly Issue[];
}

/** Reads behaviour files: each path is a file, or a folder of which every `*.yaml`, at any depth, is one. */
export function readBehaviours(paths: readonly string[]): ReadBehaviours {
  const listed = paths.map(listFiles);
  const issues = listed.flatMap((files, index) =>
    files === null || files.length === 0
      ? [issue('no_behaviours', `no behaviour files at ${quote(paths[index] ?? '')}`)]
      : [],
  );
  const parsed = [...new Set(listed.flatMap((files) => files ?? []))].map((file) =>
    parseBehaviour(readDocument(file), (path) => tryReadDocument(resolve(dirname(file), path))),
  );
  const behaviours = parsed.flatMap(({ behaviour }) => (behaviour === null ? [] : [behaviour]));
  return {
    behaviours: behaviours.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    issues: sortIssues([...issues, ...parsed.flatMap((each) => each.issues), ...repeatedIds(behaviours)]),
  };
}

function listFiles(path: string): readonly string[] | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isDirectory()) return [resolve(path)];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => resolve(join(path, name)));
}

function readDocument(file: string): ManifestDocument {
  return { source: relative('.', file), text: readFileSync(file, 'utf8') };
}

function tryReadDocument(file: string): ManifestDocument | null {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? readDocument(file) : null;
}

function repeatedIds(behaviours: readonly Behaviour[]): readonly Issue[] {
  const sources = new Map<string, string>();
  return behaviours.flatMap(({ id, source }) => {
    const other = sources.get(id);
    sources.set(id, source);
    return other === undefined ? [] : [issue('repeated_id', `${quote(id)} is also the id of ${quote(other)}`, source)];
  });
}

function issue(code: string, message: string, source?: string): Issue {
  const about: Issue = { code, severity: 'error', resource: '', path: '', message };
  return source === undefined ? about : { ...about, source };
}
