/**
 * The JSON Schema subset of `CASAPolicy.spec.tools[].arguments`, flattened for Rego (`CompiledArguments`).
 * Pure. What JSON Schema would silently pass (an unknown keyword, `maximum` for a text) is an issue instead.
 */
import { patternProblem } from './argument_pattern.ts';
import type { JsonObject, JsonValue } from './contract.ts';
import { type ArgumentKeyword, type ArgumentTest, argumentDepthMax, type CompiledArguments } from './system.ts';

/** What is wrong with a schema, and where: a dotted path into it, empty for the schema itself. */
export interface ArgumentIssue {
  readonly path: string;
  readonly message: string;
}

export type FlattenedArguments =
  | { readonly kind: 'flat'; readonly conditions: CompiledArguments }
  | { readonly kind: 'issues'; readonly issues: readonly ArgumentIssue[] };

/** Clauses a schema may come to: `anyOf` multiplies them. */
export const clausesMax = 64;
/** `allOf`, `anyOf` and `not` may be nested this deep. */
export const combinationDepthMax = 3;
/** `pattern` keywords in one schema; the Rego refuses more than 50 in one decision. */
export const patternsMax = 10;

const typeNames = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
const annotations = new Set(['description', 'title', '$schema', '$comment', 'examples', 'default']);

/** The type that a keyword speaks of: without it JSON Schema lets every other type pass. */
const keywordTypes: { readonly [keyword: string]: readonly string[] } = {
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  exclusiveMinimum: ['number', 'integer'],
  exclusiveMaximum: ['number', 'integer'],
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  required: ['object'],
  properties: ['object'],
  additionalProperties: ['object'],
  items: ['array'],
  minItems: ['array'],
  maxItems: ['array'],
};

type Clauses = readonly (readonly ArgumentTest[])[];

/** Where in the schema, where in the arguments, and what surrounds. */
interface Place {
  readonly schemaPath: string;
  readonly path: readonly (string | null)[];
  /** Types that an enclosing `allOf`, `anyOf` or the schema beside them has settled. */
  readonly types: readonly string[];
  readonly combinations: number;
}

/** Flattens a schema to clauses, or says everything that is wrong with it. */
export function flattenArguments(schema: JsonValue): FlattenedArguments {
  const issues: ArgumentIssue[] = [];
  const clauses = flattenSchema(schema, { schemaPath: '', path: [], types: ['object'], combinations: 0 }, issues);
  const patterns = new Set(clauses.flat().flatMap((test) => (test.keyword === 'pattern' ? [test.value] : []))).size;
  if (patterns > patternsMax) issues.push({ path: '', message: `more than ${patternsMax} patterns` });
  if (clauses.length > clausesMax) {
    issues.push({
      path: '',
      message: `too many combinations of \`anyOf\`: they come to more than ${clausesMax} clauses`,
    });
  }
  return issues.length > 0 ? { kind: 'issues', issues } : { kind: 'flat', conditions: { clauses, patterns } };
}

function flattenSchema(schema: JsonValue, place: Place, issues: ArgumentIssue[]): Clauses {
  if (!isObject(schema)) return report(issues, place.schemaPath, 'must be an object');
  if (place.path.length > argumentDepthMax) {
    return report(issues, place.schemaPath, `deeper than ${argumentDepthMax} steps`);
  }
  const types = schema.type === undefined ? place.types : [schema.type].flat().map(String);
  const inner = { ...place, types };
  return Object.entries(schema).flatMap(([keyword, value]): Clauses => {
    const at = joinPath(place.schemaPath, keyword);
    const wanted = keywordTypes[keyword];
    if (wanted !== undefined && !types.some((type) => wanted.includes(type))) {
      return report(issues, at, `needs \`type: ${wanted[0]}\` beside it, or other types would pass`);
    }
    return flattenKeyword({ schema, keyword, value, at }, inner, issues);
  });
}

interface Member {
  readonly schema: JsonObject;
  readonly keyword: string;
  readonly value: JsonValue;
  /** Path of the keyword in the schema. */
  readonly at: string;
}

function flattenKeyword(member: Member, place: Place, issues: ArgumentIssue[]): Clauses {
  const { schema, keyword, value, at } = member;
  switch (keyword) {
    case 'properties':
      if (!isObject(value)) return report(issues, at, 'must be an object');
      return Object.entries(value).flatMap(([name, child]) =>
        flattenSchema(child, stepInto(place, joinPath(at, name), name), issues),
      );
    case 'items':
      return flattenSchema(value, stepInto(place, at, null), issues);
    case 'additionalProperties':
      if (value !== false) return report(issues, at, 'only `false` is supported');
      return single(place, 'members', isObject(schema.properties) ? Object.keys(schema.properties) : []);
    case 'required':
      if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
        return report(issues, at, 'must be a list of names');
      }
      return value.flatMap((name) => single(place, 'required', name));
    case 'allOf':
    case 'anyOf':
    case 'not':
      return flattenCombination(member, place, issues);
    default:
      if (annotations.has(keyword)) return [];
      return flattenValue(member, place, issues);
  }
}

function flattenCombination(member: Member, place: Place, issues: ArgumentIssue[]): Clauses {
  const { keyword, value, at } = member;
  const inner = { ...place, schemaPath: at, combinations: place.combinations + 1 };
  if (inner.combinations > combinationDepthMax) {
    return report(issues, at, `combinations nest deeper than ${combinationDepthMax}`);
  }
  // `every item: A or B` is not `every item A, or every item B`.
  if (keyword !== 'allOf' && place.path.includes(null)) return report(issues, at, 'not supported inside `items`');
  if (keyword === 'not') return unlessAbsent(place, negate(flattenSchema(value, inner, issues)));
  if (!Array.isArray(value) || value.length === 0) return report(issues, at, 'must be a list that is not empty');
  const branches = value.map((child, index) =>
    flattenSchema(child, { ...inner, schemaPath: joinPath(at, `${index}`) }, issues),
  );
  return keyword === 'allOf' ? branches.flat() : branches.reduce(either);
}

/** Keywords whose value is compared as it stands. */
function flattenValue({ keyword, value, at }: Member, place: Place, issues: ArgumentIssue[]): Clauses {
  switch (keyword) {
    case 'type': {
      const names = [value].flat();
      const unknown = names.find((name) => typeof name !== 'string' || !typeNames.includes(name));
      if (unknown !== undefined || names.length === 0) return report(issues, at, `must be of ${typeNames.join(', ')}`);
      return single(place, keyword, names);
    }
    case 'enum':
      return Array.isArray(value) ? single(place, keyword, value) : report(issues, at, 'must be a list');
    case 'const':
      return single(place, keyword, value);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return Number.isFinite(value) ? single(place, keyword, value) : report(issues, at, 'must be a number');
    case 'minLength':
    case 'maxLength':
    case 'minItems':
    case 'maxItems': {
      const whole = Number.isSafeInteger(value) && Number(value) >= 0;
      return whole ? single(place, keyword, value) : report(issues, at, 'must be a whole number, 0 or more');
    }
    case 'pattern': {
      const problem = typeof value === 'string' ? patternProblem(value) : 'not text';
      return problem === null ? single(place, keyword, value) : report(issues, at, `pattern is ${problem}`);
    }
    default:
      return report(issues, at, 'is no keyword of the supported JSON Schema subset');
  }
}

/** De Morgan: the negation of "all of these clauses" is "one test of each, negated", over all choices. */
function negate(clauses: Clauses): Clauses {
  return clauses
    .map((clause): Clauses => clause.map((test) => [{ ...test, negated: !test.negated }]))
    .reduce(either, [[]]);
}

/** A place that is absent satisfies its whole schema, a negated one too. */
function unlessAbsent(place: Place, clauses: Clauses): Clauses {
  return place.path.length === 0 ? clauses : either(clauses, single(place, 'absent', true));
}

function either(left: Clauses, right: Clauses): Clauses {
  // Beyond the limit the caller reports: no need to build what will be thrown away.
  if (left.length * right.length > clausesMax * clausesMax) return left.length > right.length ? left : right;
  return left.flatMap((one) => right.map((other) => [...one, ...other]));
}

function single(place: Place, keyword: ArgumentKeyword, value: JsonValue): Clauses {
  return [[{ keyword, negated: false, path: place.path, value }]];
}

function stepInto(place: Place, schemaPath: string, step: string | null): Place {
  return { ...place, schemaPath, path: [...place.path, step], types: [] };
}

function report(issues: ArgumentIssue[], path: string, message: string): Clauses {
  issues.push({ path, message });
  return [];
}

function joinPath(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
