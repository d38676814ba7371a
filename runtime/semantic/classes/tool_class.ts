/** What a tool does to the world, from what is declared of it: its classes, else its name, description and schema. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import type { ToolDefinition } from '../semantic_check.ts';
import { baseForms, nameWords, promptWords } from './split_words.ts';
import {
  accessNouns,
  circleNouns,
  credentialNouns,
  keyKinds,
  membershipVerbs,
  moneyNouns,
  movingVerbs,
  nounVerbs,
  questionWords,
  riskyClasses,
  type ToolClass,
  verbs,
} from './word_lists.ts';

/** `every`: the tool does all of these. `some`: it does one of these, and the words do not tell which. */
export interface ClassesOfTool {
  readonly quantifier: 'every' | 'some';
  /** Empty: it cannot be told. */
  readonly classes: readonly ToolClass[];
}

const unknown: ClassesOfTool = { quantifier: 'some', classes: [] };

/** Declared classes are believed; a name that reads is not, where the tool says that it destroys. */
export function classesOfTool(tool: ToolDefinition): ClassesOfTool {
  if (tool.classes !== null && tool.classes.length > 0) return { quantifier: 'every', classes: tool.classes };
  const name = nameWords(tool.name);
  const verb = verbOf(name, tool.description);
  const classes = verb === null ? classesOfSchema(tool.inputSchema) : refine(verb, name, tool.inputSchema);
  if (classes.length === 0)
    return isHinted(tool, 'readOnlyHint') ? { quantifier: 'every', classes: ['read'] } : unknown;
  if (classes.includes('read') && saysItDestroys(tool)) return unknown;
  return { quantifier: 'some', classes };
}

/** Absent, the hint counts for nothing here, although MCP reads it as true: most servers give none. */
export function saysItDestroys(tool: ToolDefinition): boolean {
  return isHinted(tool, 'destructiveHint') && !isHinted(tool, 'readOnlyHint');
}

function isHinted(tool: ToolDefinition, hint: string): boolean {
  return member(tool.annotations, hint) === true;
}

/** The verb that is hardly ever a noun goes first, then how the description begins, then any verb at all. */
function verbOf(name: readonly string[], description: string): string | null {
  if (questionWords.has(name[0] ?? '')) return 'read';
  const known = name.filter((word) => verbs.has(word));
  const plain = known.filter((word) => !nounVerbs.has(word));
  const isChoice = name.includes('or') || name.includes('and');
  const byPlace = known[0] === name[0] ? known[0] : known.at(-1);
  return (isChoice ? plain.at(-1) : plain[0]) ?? verbOfDescription(description) ?? byPlace ?? null;
}

const descriptionWordsMax = 3;

function verbOfDescription(description: string): string | null {
  const opening = promptWords(description).slice(0, descriptionWordsMax);
  // `The opening hours`: a noun follows.
  if (/^(?:the|an?)$/.test(opening[0] ?? '')) return null;
  for (const word of opening) {
    const verb = baseForms(word).find((form) => verbs.has(form));
    if (verb !== undefined) return verb;
  }
  return null;
}

function refine(verb: string, name: readonly string[], schema: JsonObject): readonly ToolClass[] {
  const classes = (verbs.get(verb) ?? []).filter((toolClass) => toolClass !== 'read');
  if (classes.length === 0) return ['read'];
  const has = (nouns: ReadonlySet<string>) => name.some((word) => word !== verb && nouns.has(word));
  if (has(credentialNouns) || isKey(name)) return ['credential'];
  if (movingVerbs.has(verb) && (has(moneyNouns) || paysBySchema(schema))) return ['pay'];
  if (membershipVerbs.has(verb) && (has(accessNouns) || isMembership(verb, name))) return ['grant'];
  if (verb === 'transfer') return [];
  const risky = classes.filter((toolClass) => riskyClasses.has(toolClass));
  return risky.length > 0 ? risky : classes;
}

function isKey(name: readonly string[]): boolean {
  return name.some((word, at) => /^keys?$/.test(word) && keyKinds.has(name[at - 1] ?? ''));
}

function isMembership(verb: string, name: readonly string[]): boolean {
  return (
    (verb === 'add' || verb === 'remove') && name.slice(name.indexOf(verb) + 1).some((word) => circleNouns.has(word))
  );
}

function classesOfSchema(schema: JsonObject): readonly ToolClass[] {
  const names = propertyNames(schema);
  if (paysBySchema(schema)) return ['pay'];
  if (['command', 'script', 'code'].some((name) => names.has(name))) return ['execute'];
  return [];
}

function paysBySchema(schema: JsonObject): boolean {
  const names = propertyNames(schema);
  return names.has('amount') && ['recipient', 'beneficiary', 'iban', 'payee', 'to'].some((name) => names.has(name));
}

function propertyNames(schema: JsonObject): ReadonlySet<string> {
  const properties = member(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) return new Set();
  return new Set(Object.keys(properties).flatMap(nameWords));
}

function member(value: JsonValue, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined; // no array: see above
}
