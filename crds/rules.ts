/** The CEL rules of the CRDs (`x-kubernetes-validations`), compiled once and asked as an API server asks them. */
import { type CelInput, celEnv, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { CasaError } from '../policies/errors.ts';
import { type FieldPath, parsePath } from './field_path.ts';
import type { StructuralSchema, ValidationRule } from './structural_schema.ts';

export interface BrokenRule {
  readonly path: FieldPath;
  readonly message: string;
}

interface Rule {
  readonly message: string;
  /** Below the value that the rule is about. */
  readonly fieldPath: FieldPath;
  readonly holds: (self: CelInput) => boolean;
}

/** A schema with rules on it or somewhere inside it. */
interface RuledSchema {
  readonly schema: StructuralSchema;
  readonly rules: readonly Rule[];
  readonly properties: readonly (readonly [name: string, schema: RuledSchema])[];
  readonly items: RuledSchema | null;
}

/** Says which rules a value breaks; parts for which `isSound` says no are passed over, for no API server asks about them. */
export type CheckRules = (value: unknown, isSound: (path: FieldPath) => boolean) => readonly BrokenRule[];

/** Throws a `bug` when a rule is no CEL: the CRDs are part of the program. */
export function compileRules(schema: StructuralSchema): CheckRules {
  const ruled = findRules(schema);
  return (value, isSound) => (ruled === null ? [] : checkValue(ruled, value, [], isSound));
}

function findRules(schema: StructuralSchema): RuledSchema | null {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(compileRule);
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const inner = findRules(member);
    return inner === null ? [] : [[name, inner] as const];
  });
  const items = schema.items === undefined ? null : findRules(schema.items);
  return rules.length + properties.length === 0 && items === null ? null : { schema, rules, properties, items };
}

const environment = celEnv({ funcs: strings });

function compileRule({ rule, message, fieldPath = '' }: ValidationRule): Rule {
  try {
    const ask = plan(environment, parse(rule));
    // A rule that cannot be evaluated does not hold, as on an API server.
    return { message, fieldPath: parsePath(fieldPath), holds: (self) => ask({ self }) === true };
  } catch (cause) {
    throw new CasaError('bug', `no CEL: \`${rule}\``, { cause });
  }
}

function checkValue(
  { schema, rules, properties, items }: RuledSchema,
  value: unknown,
  path: FieldPath,
  isSound: (path: FieldPath) => boolean,
): readonly BrokenRule[] {
  if (Array.isArray(value)) {
    return items === null ? [] : value.flatMap((item, index) => checkValue(items, item, [...path, index], isSound));
  }
  if (typeof value !== 'object' || value === null) return [];
  const own = rules.length === 0 || !isSound(path) ? [] : brokenOf(rules, toCel(schema, value), path);
  const inner = properties.flatMap(([name, member]) =>
    checkValue(member, Reflect.get(value, name), [...path, name], isSound),
  );
  return [...own, ...inner];
}

function brokenOf(rules: readonly Rule[], self: CelInput, path: FieldPath): readonly BrokenRule[] {
  return rules
    .filter(({ holds }) => !holds(self))
    .map(({ message, fieldPath }) => ({ path: [...path, ...fieldPath], message }));
}

/** A sound value as CEL's: the schema says which numbers are integers; what it does not declare no rule can read. */
function toCel(schema: StructuralSchema, value: unknown): CelInput {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.map((item) => toCel(items, item));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
      Object.hasOwn(value, name) ? [[escapeName(name), toCel(member, Reflect.get(value, name))] as const] : [],
    );
    return new Map<string, CelInput>(members);
  }
  if (typeof value === 'number') return schema.type === 'integer' ? BigInt(value) : value;
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** Kubernetes has names that are words of CEL between underscores. */
function escapeName(name: string): string {
  return reservedWords.has(name) ? `__${name}__` : name;
}

const reservedWords = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
]);
