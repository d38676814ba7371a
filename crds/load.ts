/** Manifests to typed resources and issues: everything at once. */
import { type FieldPath, parsePath } from './field_path.ts';
import { type Issue, resourceId, sortIssues } from './issue.ts';
import { type ParsedResource, parseResource, type RejectedResource } from './parse_resource.ts';
import { type Position, parseYaml, tooDeep } from './parse_yaml.ts';
import type { CASAPolicy, MultiAgentSystem } from './types.ts';

export interface ManifestDocument {
  /** File name, for issues. */
  readonly source: string;
  readonly text: string;
}

export interface LoadedResources {
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  /** What has errors: the compiler must not take a policy that could not be read for one that is absent. */
  readonly rejected: readonly RejectedResource[];
  readonly issues: readonly Issue[];
  /** Adds file, line and column to an issue about one of these resources. */
  readonly locate: (issue: Issue) => Issue;
}

const nothingRead: RejectedResource = {
  resource: '',
  paths: [],
  kind: null,
  namespace: null,
  workload: null,
  repaired: null,
};

interface Entry {
  readonly value: unknown;
  readonly source: string | null;
  readonly position: (path: FieldPath) => Position | null;
}

/** Loads YAML texts. Resources of other groups are passed over. */
export function loadResources(documents: readonly ManifestDocument[]): LoadedResources {
  const unreadable: Issue[] = [];
  const entries: Entry[] = [];
  for (const { source, text } of documents) {
    const parsed = parseYaml(text);
    unreadable.push(
      ...parsed.problems.map((problem): Issue => ({ ...problem, severity: 'error', resource: '', path: '', source })),
    );
    entries.push(
      ...parsed.values
        .filter(({ value }) => value !== null)
        .map(({ value, position }) => ({ value, source, position })),
    );
  }
  return collect(entries, unreadable, parseResource);
}

/** Parses one Kubernetes object that came as JSON. */
export type ParseValue = (value: unknown) => ParsedResource;

/** For callers who keep their objects and never change them in place: each object is parsed once. */
export function rememberParsed(): ParseValue {
  const known = new WeakMap<object, ParsedResource>();
  return (value) => {
    if (typeof value !== 'object' || value === null) return parseValue(value);
    const parsed = known.get(value) ?? parseValue(value);
    known.set(value, parsed);
    return parsed;
  };
}

/** Loads objects that came as JSON. */
export function loadValues(values: readonly unknown[], parse: ParseValue = parseValue): LoadedResources {
  const entries = values.map((value) => ({ value, source: null, position: () => null }));
  return collect(entries, [], parse);
}

function parseValue(value: unknown): ParsedResource {
  if (!tooDeep(value)) return parseResource(value);
  const deep = { code: 'too_deep', severity: 'error', resource: '', path: '', message: 'nested too deep' } as const;
  return { kind: 'rejected', rejected: nothingRead, issues: [deep] };
}

function collect(all: readonly Entry[], unreadable: readonly Issue[], parse: ParseValue): LoadedResources {
  const found = all.flatMap(listItems).map((entry) => ({ entry, parsed: parse(entry.value) }));
  const places = new Map<string, Entry>();
  const repeated = new Set<string>();
  const issues = [...unreadable];
  const rejected: RejectedResource[] = unreadable.map(() => nothingRead);
  for (const { entry, parsed } of found) {
    if (parsed.kind === 'rejected') {
      rejected.push(parsed.rejected);
      if (!places.has(parsed.rejected.resource)) places.set(parsed.rejected.resource, entry);
      issues.push(...parsed.issues.map((issue) => place(issue, entry)));
      continue;
    }
    const id = idOf(parsed);
    if (id === null) continue;
    if (places.has(id)) {
      repeated.add(id);
      issues.push(place(duplicateIssue(id), entry));
    } else places.set(id, entry);
  }
  // Which of two the user means cannot be known, so neither counts.
  const single = found.map(({ parsed }) => parsed).filter((parsed) => !repeated.has(idOf(parsed) ?? ''));
  const doubled = found.filter(({ parsed }) => repeated.has(idOf(parsed) ?? ''));
  return {
    systems: single.flatMap((parsed) => (parsed.kind === 'system' ? [parsed.system] : [])),
    policies: single.flatMap((parsed) => (parsed.kind === 'policy' ? [parsed.policy] : [])),
    rejected: [...rejected, ...doubled.map(({ parsed }) => rejectedOf(parsed))],
    issues: sortIssues(issues),
    locate: (issue) => {
      const entry = places.get(issue.resource);
      return entry === undefined ? issue : place(issue, entry);
    },
  };
}

/** A `List` of kubectl is what it holds. */
function listItems(entry: Entry): readonly Entry[] {
  const { value } = entry;
  if (value === null || typeof value !== 'object' || Reflect.get(value, 'kind') !== 'List') return [entry];
  const items: unknown = Reflect.get(value, 'items');
  if (Reflect.get(value, 'apiVersion') !== 'v1' || !Array.isArray(items)) return [entry];
  return items.map((item, index) => ({
    ...entry,
    value: item,
    position: (path) => entry.position(['items', index, ...path]),
  }));
}

function place(issue: Issue, entry: Entry): Issue {
  const position = entry.position(parsePath(issue.path));
  return { ...issue, ...(entry.source === null ? {} : { source: entry.source }), ...position };
}

function duplicateIssue(resource: string): Issue {
  return {
    code: 'duplicate_resource',
    severity: 'error',
    resource,
    path: 'metadata.name',
    message: 'the same resource twice',
  };
}

function idOf(parsed: ParsedResource): string | null {
  if (parsed.kind === 'system') return resourceId('MultiAgentSystem', parsed.system.metadata);
  return parsed.kind === 'policy' ? resourceId('CASAPolicy', parsed.policy.metadata) : null;
}

function rejectedOf(parsed: ParsedResource): RejectedResource {
  const resource = idOf(parsed) ?? '';
  if (parsed.kind !== 'policy') return { ...nothingRead, resource, kind: 'MultiAgentSystem' };
  const { metadata, spec } = parsed.policy;
  return {
    ...nothingRead,
    resource,
    kind: 'CASAPolicy',
    namespace: metadata.namespace,
    workload: spec.targetRef.name,
  };
}
