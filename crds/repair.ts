/** A resource with errors made whole enough to be looked at further, so that all mistakes are said at once. */
import type { ErrorObject } from 'ajv';
import { closest } from 'fastest-levenshtein';
import { pathOfPointer } from './field_path.ts';
import type { ResourceSchema } from './schema.ts';
import type { StructuralSchema } from './structural_schema.ts';

/** What a repair cannot reach within so many rounds is left. */
const roundsMax = 6;
/** These leave the value's type right. */
const harmless = new Set(['pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'maxItems', 'minProperties']);

/**
 * Drops unknown fields, takes the nearest value of an enum and puts placeholders for what is missing. The result is for
 * finding further issues only and must never be compiled; null when it cannot be done.
 */
export function repairResource(schema: ResourceSchema, broken: object): object | null {
  const resource = structuredClone(broken);
  for (let round = 0; round < roundsMax; round += 1) {
    const errors = schema.validate(resource).filter(({ keyword }) => !harmless.has(keyword));
    if (errors.length === 0) return resource;
    for (const error of errors) repair(resource, error);
  }
  return null;
}

function repair(resource: object, error: ErrorObject): void {
  const path = pathOfPointer(error.instancePath, resource);
  const at = memberAt(resource, path);
  switch (error.keyword) {
    case 'additionalProperties':
      if (isObject(at)) Reflect.deleteProperty(at, String(error.params.additionalProperty));
      return;
    case 'required': {
      const name = String(error.params.missingProperty);
      const declared: StructuralSchema | undefined = error.parentSchema?.properties?.[name];
      if (isObject(at)) Reflect.set(at, name, placeholder(declared, [...path, name].join('-')));
      return;
    }
    case 'enum': {
      const allowed: readonly string[] = error.params.allowedValues;
      set(resource, path, typeof at === 'string' && at.length < 100 ? closest(at, [...allowed]) : allowed[0]);
      return;
    }
    default:
      set(resource, path, placeholder(error.parentSchema, path.join('-')));
  }
}

function placeholder(schema: StructuralSchema | undefined, name: string): unknown {
  switch (schema?.type) {
    case 'object':
      return {};
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return Array.isArray(schema?.enum) ? schema.enum[0] : `missing-${name.toLowerCase()}`;
  }
}

function set(resource: object, path: readonly (string | number)[], value: unknown): void {
  const last = path.at(-1);
  const parent = memberAt(resource, path.slice(0, -1));
  if (last !== undefined && isObject(parent)) Reflect.set(parent, last, value);
}

function memberAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, step) => (isObject(at) ? Reflect.get(at, step) : undefined), value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
