/** Arguments worth asking about: those that rules take just so, and those just beyond. */
import { canonicalJson } from '../../policies/canonical.ts';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import type { ArgumentTest, CompiledArguments } from '../../policies/system.ts';
import { exampleText } from './example_text.ts';

/** Examples of one tool. */
export const examplesMax = 64;

/** From the tool's own schema and the conditions of rules on it; each once, the plainest first. */
export function exampleArguments(
  inputSchema: JsonObject,
  conditions: readonly CompiledArguments[],
): readonly JsonObject[] {
  const plain = plainArguments(inputSchema);
  const tests = conditions.flatMap(({ clauses }) => clauses.flat());
  const fitting = [plain, ...conditions.map((one) => fitted(plain, one))];
  const beyond = fitting.flatMap((start) =>
    tests.flatMap(({ path, keyword, value }) => edgesOf(keyword, value).map((edge) => placed(start, path, edge))),
  );
  const found = new Map<string, JsonObject>();
  for (const one of [...fitting, {}, ...beyond]) {
    if (found.size < examplesMax) found.set(canonicalJson(one), one);
  }
  return [...found.values()];
}

/** The required members, of their types. */
function plainArguments({ properties, required }: JsonObject): JsonObject {
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(
    names.map((name): [string, JsonValue] => [name, plainValue(isObject(properties) ? properties[name] : undefined)]),
  );
}

function plainValue(schema: JsonValue | undefined): JsonValue {
  if (!isObject(schema)) return 'x';
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0] ?? null;
  if (schema.const !== undefined) return schema.const;
  if (typeof schema.pattern === 'string') return textFor(schema.pattern);
  const [type] = [schema.type].flat();
  if (type === 'number' || type === 'integer') return typeof schema.minimum === 'number' ? schema.minimum : 1;
  return typeof type === 'string' ? sampleOf(type) : 'x';
}

/** Each clause by its first test. */
function fitted(start: JsonObject, { clauses }: CompiledArguments): JsonObject {
  return clauses.reduce<JsonObject>((done, [first]) => {
    const value = first === undefined || first.negated ? undefined : fittingValue(first);
    return first === undefined || value === undefined ? done : placed(done, first.path, value);
  }, start);
}

function fittingValue({ keyword, value }: ArgumentTest): JsonValue | undefined {
  switch (keyword) {
    case 'type':
      return Array.isArray(value) && typeof value[0] === 'string' ? sampleOf(value[0]) : undefined;
    case 'enum':
      return Array.isArray(value) ? value[0] : undefined;
    default:
      return edgesOf(keyword, value)[0];
  }
}

/** Values at the border of a keyword, the one inside first. */
function edgesOf(keyword: ArgumentTest['keyword'], value: JsonValue): readonly JsonValue[] {
  const size = typeof value === 'number' ? value : 0;
  switch (keyword) {
    case 'minimum':
    case 'exclusiveMaximum':
      return keyword === 'minimum' ? [size, size - 1] : [size - 1, size];
    case 'maximum':
    case 'exclusiveMinimum':
      return keyword === 'maximum' ? [size, size + 1] : [size + 1, size];
    case 'minLength':
    case 'maxLength':
      return [size, keyword === 'minLength' ? size - 1 : size + 1].filter(isShort).map((count) => 'x'.repeat(count));
    case 'minItems':
    case 'maxItems':
      return [size, keyword === 'minItems' ? size - 1 : size + 1]
        .filter(isShort)
        .map((count): JsonValue => Array.from({ length: count }, () => 'x'));
    case 'pattern':
      return typeof value === 'string' ? [textFor(value), '?'] : [];
    case 'const':
      return [value, 'other'];
    case 'enum':
      return [...(Array.isArray(value) ? value : []), 'other'];
    case 'type':
      return ['x', 1, null];
    default:
      return [];
  }
}

function textFor(pattern: string): string {
  return exampleText(pattern) ?? 'x';
}

function isShort(count: number): boolean {
  return count >= 0 && count <= 1000;
}

function sampleOf(type: string): JsonValue {
  const samples: { readonly [type: string]: JsonValue } = {
    number: 1,
    integer: 1,
    boolean: true,
    array: [],
    object: {},
    null: null,
  };
  return samples[type] ?? 'x';
}

/** A copy with this value at this place; what is on the way is made. */
function placed(start: JsonObject, path: ArgumentTest['path'], value: JsonValue): JsonObject {
  const [step, ...inward] = path;
  if (typeof step !== 'string') return start;
  return { ...start, [step]: inside(start[step], inward, value) };
}

function inside(start: JsonValue | undefined, path: ArgumentTest['path'], value: JsonValue): JsonValue {
  const [step] = path;
  if (step === undefined) return value;
  if (step === null) return [inside(Array.isArray(start) ? start[0] : undefined, path.slice(1), value)];
  return placed(isObject(start) ? start : {}, path, value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
