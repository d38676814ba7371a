import { compile } from '../../compiler/compile.ts';
import { type FieldPath, parsePath } from '../../crds/field_path.ts';
import type { Issue } from '../../crds/issue.ts';
import { type LoadedResources, loadResources, loadValues, type ManifestDocument } from '../../crds/load.ts';
import { quote } from '../../crds/quote.ts';
import type { CASAPolicy, MultiAgentSystem } from '../../crds/types.ts';

export interface Resources {
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  readonly issues: readonly Issue[];
}

/** An issue at a path inside one entry of the list; null: about the list itself. */
type EntryIssue = (index: number | null, path: FieldPath, code: string, message: string) => Issue;

/** Manifests named by path and resources written inline, together; what does not compile is an issue. */
export function readResources(
  entries: readonly (string | object)[],
  readManifest: (path: string) => ManifestDocument | null,
  at: EntryIssue,
): Resources {
  const loaded = entries.map((entry, index) =>
    typeof entry === 'string' ? readEntry(entry, index, readManifest, at) : loadInline(entry, index, at),
  );
  const systems = loaded.flatMap((each) => each.systems);
  const policies = loaded.flatMap((each) => each.policies);
  const issues = loaded.flatMap((each) => each.issues).filter(isError);
  if (issues.length > 0) return { systems, policies, issues };
  if (systems.length === 0)
    return { systems, policies, issues: [at(null, [], 'no_system', 'hold no `MultiAgentSystem`')] };
  // Warnings are `casa lint`'s to give.
  const uncompiled = compile({ systems, policies }).issues.filter(isError);
  const locate = (issue: Issue) => loaded.reduce((placed, each) => each.locate(placed), issue);
  return { systems, policies, issues: uncompiled.map(locate) };
}

export function isError(issue: Issue): boolean {
  return issue.severity === 'error';
}

type Loaded = Pick<LoadedResources, 'systems' | 'policies' | 'issues' | 'locate'>;

function readEntry(
  path: string,
  index: number,
  readManifest: (path: string) => ManifestDocument | null,
  at: EntryIssue,
): Loaded {
  const manifest = readManifest(path);
  if (manifest !== null) return loadResources([manifest]);
  const missing = at(index, [], 'unknown_file', `no file ${quote(path)}`);
  return { systems: [], policies: [], issues: [missing], locate: (issue) => issue };
}

function loadInline(entry: object, index: number, at: EntryIssue): Loaded {
  const loaded = loadValues([entry]);
  const locate = (issue: Issue) => ({ ...issue, ...at(index, parsePath(issue.path), issue.code, issue.message) });
  const names = [...loaded.systems, ...loaded.policies].map(({ kind, metadata }) => {
    return `${kind.toLowerCase()}/${metadata.namespace}/${metadata.name}`;
  });
  return {
    ...loaded,
    issues: loaded.issues.map(locate),
    locate: (issue) => (names.includes(issue.resource) ? locate(issue) : issue),
  };
}
