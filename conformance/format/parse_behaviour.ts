/** One behaviour file to a behaviour, or everything that is wrong with it. */
import type { ErrorObject } from 'ajv';
import { type FieldPath, pathOfPointer, renderPath } from '../../crds/field_path.ts';
import type { Issue } from '../../crds/issue.ts';
import type { ManifestDocument } from '../../crds/load.ts';
import { parseYaml, type YamlValue } from '../../crds/parse_yaml.ts';
import { hint, quote } from '../../crds/quote.ts';
import { type Behaviour, type DriverName, driverNames, type Step } from './behaviour.ts';
import { checkSteps } from './check_steps.ts';
import { isError, readResources } from './read_resources.ts';
import { behaviourErrors } from './schema.ts';

export interface ParsedBehaviour {
  readonly behaviour: Behaviour | null;
  readonly issues: readonly Issue[];
}

/** The file's shape, as the schema has seen it. */
interface BehaviourFile {
  readonly id: string;
  readonly behaviour: string;
  readonly resources: readonly (string | object)[];
  readonly clock: string;
  readonly drivers?: readonly DriverName[];
  readonly steps: readonly StepEntry[];
}
type StepEntry = { readonly [kind: string]: object };

/** `readManifest` gives the text that a path of `resources` names, relative to the behaviour's file, or null. */
export function parseBehaviour(
  document: ManifestDocument,
  readManifest: (path: string) => ManifestDocument | null,
): ParsedBehaviour {
  const { source } = document;
  const parsed = parseYaml(document.text);
  const [only, more] = parsed.values;
  const unreadable = parsed.problems.map(
    (problem): Issue => ({ ...problem, severity: 'error', resource: '', path: '', source }),
  );
  if (unreadable.length > 0 || only === undefined || more !== undefined) {
    const message = 'must be exactly one YAML document';
    const single: Issue = { code: 'not_one_document', severity: 'error', resource: '', path: '', message, source };
    return { behaviour: null, issues: unreadable.length > 0 ? unreadable : [single] };
  }
  const at = (path: FieldPath, code: string, message: string): Issue => {
    return { code, severity: 'error', resource: '', path: renderPath(path), message, source, ...only.position(path) };
  };
  const shape = behaviourErrors(only.value).map((error) => shapeIssue(error, only.value, at));
  if (shape.length > 0) return { behaviour: null, issues: shape };
  // `as`: the schema has said so.
  return build(only.value as BehaviourFile, only, source, readManifest, at);
}

type IssueAt = (path: FieldPath, code: string, message: string) => Issue;

function build(
  file: BehaviourFile,
  value: YamlValue,
  source: string,
  readManifest: (path: string) => ManifestDocument | null,
  at: IssueAt,
): ParsedBehaviour {
  const resources = readResources(file.resources, readManifest, (index, path, code, message) =>
    at(['resources', ...(index === null ? [] : [index]), ...path], code, message),
  );
  const { systems } = resources;
  const steps = file.steps.map((entry, index) => stepOf(entry, value.position(['steps', index]).line));
  const form = [...resources.issues, ...file.steps.flatMap((entry, index) => formIssues(entry, index, at))];
  // Names can only be judged against systems that could be read.
  const unknown = form.some(isError) ? [] : checkSteps(steps, systems);
  const issues = [
    ...form,
    ...unknown.map(({ step, path, code, message }) => at(['steps', step, ...path], code, message)),
  ];
  if (issues.some(isError)) return { behaviour: null, issues };
  const behaviour: Behaviour = {
    id: file.id,
    behaviour: file.behaviour,
    source,
    systems,
    policies: resources.policies,
    clockMs: Date.parse(file.clock),
    drivers: file.drivers ?? driverNames,
    steps,
  };
  return { behaviour, issues };
}

function stepOf(entry: StepEntry, line: number): Step {
  const [kind = ''] = stepKinds(entry);
  // `as`: the schema has said what stands under each kind, `formIssues` that there is one.
  return { line, kind, [kind]: entry[kind], expect: entry.expect ?? null } as unknown as Step;
}

function stepKinds(entry: StepEntry): readonly string[] {
  return Object.keys(entry).filter((key) => key !== 'expect');
}

const silentKinds: ReadonlySet<string> = new Set(['revoke', 'advance']);

function formIssues(entry: StepEntry, index: number, at: IssueAt): readonly Issue[] {
  const kinds = stepKinds(entry);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return [at(['steps', index], 'not_one_kind', `a step does exactly one thing, not ${kinds.length}`)];
  }
  const silent = silentKinds.has(kind);
  if (silent && entry.expect !== undefined) {
    return [at(['steps', index, 'expect'], 'nothing_decided', `\`${kind}\` decides nothing that could be expected`)];
  }
  return silent || entry.expect !== undefined ? [] : [at(['steps', index, 'expect'], 'missing_field', 'is required')];
}

function shapeIssue(error: ErrorObject, value: unknown, at: IssueAt): Issue {
  // An absolute pointer of ajv into an unknown value.
  const path = pathOfPointer(error.instancePath, value);
  const text = typeof error.data === 'string' ? quote(error.data) : 'the value';
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = String(error.params.additionalProperty);
      const known = Object.keys(error.parentSchema?.properties ?? {});
      return at([...path, field], 'unknown_field', `unknown field ${quote(field)}${hint(field, known)}`);
    }
    case 'required':
      return at([...path, String(error.params.missingProperty)], 'missing_field', 'is required');
    case 'enum': {
      const allowed: readonly string[] = error.params.allowedValues;
      const near = typeof error.data === 'string' ? hint(error.data, allowed) : '';
      return at(path, 'unknown_value', `${text} is not one of ${allowed.join(', ')}${near}`);
    }
    default:
      return at(path, 'out_of_bounds', error.message ?? error.keyword);
  }
}
