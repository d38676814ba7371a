/** One value to a typed resource, or everything that is wrong with it. */
import type { ErrorObject } from 'ajv';
import { checkLists } from './check_lists.ts';
import { dropNulls } from './drop_nulls.ts';
import { type FieldPath, parsePath, pathOfPointer, renderPath } from './field_path.ts';
import { type Issue, resourceId } from './issue.ts';
import { hint, quote } from './quote.ts';
import { repairResource } from './repair.ts';
import { apiVersion, group, type ResourceSchema, resourceSchemas } from './schema.ts';
import type { StructuralSchema } from './structural_schema.ts';
import type { CASAPolicy, MultiAgentSystem } from './types.ts';

export type ParsedResource =
  | { readonly kind: 'system'; readonly system: MultiAgentSystem }
  | { readonly kind: 'policy'; readonly policy: CASAPolicy }
  /** A resource of somebody else. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'rejected'; readonly rejected: RejectedResource; readonly issues: readonly Issue[] };

/** What could still be read of a resource that has errors. */
export interface RejectedResource {
  /** As in `Issue.resource`; empty where nothing could be read. */
  readonly resource: string;
  /** What the issues were about, so that nothing is said twice. */
  readonly paths: readonly string[];
  readonly kind: string | null;
  readonly namespace: string | null;
  /** `spec.targetRef.name` of a policy. */
  readonly workload: string | null;
  /** For finding further issues only. */
  readonly repaired: RepairedResource | null;
}

export type RepairedResource =
  | { readonly kind: 'system'; readonly system: MultiAgentSystem }
  | { readonly kind: 'policy'; readonly policy: CASAPolicy };

/** Parses one Kubernetes object. Defaults of the schema are in the result; the value itself is left alone. */
export function parseResource(value: unknown): ParsedResource {
  const kind = textAt(value, ['kind']);
  const version = textAt(value, ['apiVersion']);
  if (kind === null || version === null) {
    if (!looksLikeResource(value)) return { kind: 'foreign' };
    const missing = kind === null ? 'kind' : 'apiVersion';
    const message = `is required, or this is no Kubernetes resource (such as \`${kind === null ? 'kind: CASAPolicy' : `apiVersion: ${apiVersion}`}\`)`;
    return rejected(value, [issue('', [missing], 'missing_field', message)]);
  }
  const ours = version === group || version.startsWith(`${group}/`);
  const schema = resourceSchemas.get(kind);
  if (schema === undefined) return ours ? unknownKind(value, kind) : { kind: 'foreign' };
  if (version !== apiVersion) {
    const message = `${quote(version)} is not served: \`${kind}\` is of \`${apiVersion}\``;
    return rejected(value, [issue(nameOf(value, kind), ['apiVersion'], 'wrong_api_version', message)]);
  }
  return parseAgainst(schema, value);
}

/** Files of other programs, such as Helm's values, lie in the same folders. */
function looksLikeResource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ['apiVersion', 'kind', 'metadata', 'spec'].some((name) => Object.hasOwn(value, name));
}

function parseAgainst(schema: ResourceSchema, value: unknown): ParsedResource {
  // A copy, since validation puts defaults in; `as`: `textAt` has seen that it is an object.
  const resource = structuredClone(value) as object;
  dropNulls(schema.schema, resource);
  const errors = schema.validate(resource);
  const repeated = checkLists(schema.schema, resource);
  const name = nameOf(resource, schema.kind);
  const wrong = [
    ...errors.map((error) => issueOf(error, resource, name)),
    ...repeated.map(({ path, message }) => issue(name, path, 'repeated_element', message)),
  ];
  const broken = schema.checkRules(resource, (path) => !wrong.some((one) => isWithin(parsePath(one.path), path)));
  if (wrong.length + broken.length === 0) return typed(schema, resource);
  const repaired = wrong.length === 0 ? resource : repairResource(schema, resource);
  return rejected(
    resource,
    [...wrong, ...broken.map(({ path, message }) => issue(name, path, 'rule_broken', message))],
    repaired === null ? null : typed(schema, repaired),
  );
}

function isWithin(path: FieldPath, outer: FieldPath): boolean {
  return outer.every((step, index) => path[index] === step);
}

function typed(schema: ResourceSchema, resource: object): RepairedResource {
  // `as`: validated against the schema that the types are made from.
  if (schema.kind === 'MultiAgentSystem') return { kind: 'system', system: resource as MultiAgentSystem };
  return { kind: 'policy', policy: resource as CASAPolicy };
}

function unknownKind(value: unknown, kind: string): ParsedResource {
  const message = `unknown kind ${quote(kind)} in \`${group}\`${hint(kind, [...resourceSchemas.keys()])}`;
  return rejected(value, [issue(nameOf(value, kind), ['kind'], 'unknown_kind', message)]);
}

function rejected(value: unknown, issues: readonly Issue[], repaired: RepairedResource | null = null): ParsedResource {
  const facts = {
    resource: issues[0]?.resource ?? '',
    paths: issues.map(({ path }) => path),
    kind: textAt(value, ['kind']),
    namespace: textAt(value, ['metadata', 'namespace']),
    workload: textAt(value, ['spec', 'targetRef', 'name']),
    repaired,
  };
  return { kind: 'rejected', rejected: facts, issues };
}

function issueOf(error: ErrorObject, resource: object, name: string): Issue {
  const at = pathOfPointer(error.instancePath, resource);
  const text = typeof error.data === 'string' ? quote(error.data) : '';
  const meaning = describe(error.parentSchema);
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = String(error.params.additionalProperty);
      const known = Object.keys(error.parentSchema?.properties ?? {});
      return issue(name, [...at, field], 'unknown_field', `unknown field ${quote(field)}${hint(field, known)}`);
    }
    case 'required': {
      const field = String(error.params.missingProperty);
      const meaning = describe(error.parentSchema?.properties?.[field]);
      return issue(name, [...at, field], 'missing_field', `is required${meaning}`);
    }
    case 'enum': {
      const allowed: readonly string[] = error.params.allowedValues;
      const shown = text === '' ? 'the value' : text;
      const near = typeof error.data === 'string' ? hint(error.data, allowed) : '';
      return issue(name, at, 'unknown_value', `${shown} is not one of ${allowed.join(', ')}${near}`);
    }
    case 'type':
      return issue(name, at, 'wrong_type', `must be of type ${String(error.params.type)}${meaning}`);
    case 'pattern':
      return issue(
        name,
        at,
        'wrong_form',
        `${text} does not have the form \`${String(error.params.pattern)}\`${meaning}`,
      );
    default:
      return issue(name, at, 'out_of_bounds', `${lowerFirst(error.message ?? error.keyword)}${meaning}`);
  }
}

function issue(resource: string, path: FieldPath, code: string, message: string): Issue {
  return { code, severity: 'error', resource, path: renderPath(path), message };
}

function nameOf(value: unknown, kind: string): string {
  const namespace = textAt(value, ['metadata', 'namespace']) ?? 'default';
  const name = textAt(value, ['metadata', 'name']) ?? '?';
  return resourceId(kind, { namespace: shorten(namespace), name: shorten(name) });
}

/** As `quote` shows it, without the backticks. */
function shorten(text: string): string {
  return quote(text).slice(1, -1);
}

/** What the field is, from the CRD, as the hint of last resort. */
function describe(schema: StructuralSchema | undefined): string {
  const { description } = schema ?? {};
  return typeof description === 'string' ? ` (${lowerFirst(description).replace(/\.$/, '')})` : '';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function textAt(value: unknown, path: readonly string[]): string | null {
  let at = value;
  for (const step of path) at = at !== null && typeof at === 'object' ? Reflect.get(at, step) : undefined;
  return typeof at === 'string' ? at : null;
}
