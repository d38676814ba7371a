/** One line of a recording to a run, or why it is not understood. */
import type { JsonObject } from '../../../policies/contract.ts';
import {
  type Label,
  labels,
  type OfferedTool,
  type RecordedRun,
  type SeenCall,
  type SeenTurn,
  traceSchema,
} from './recorded_run.ts';

export type ParsedRun =
  | { readonly kind: 'run'; readonly run: RecordedRun }
  | { readonly kind: 'problem'; readonly why: string };

/** Why a line is not understood; never leaves this file. */
class NotUnderstood extends Error {}

const runMembers = new Set([
  ...['schema', 'trace_id', 'source', 'suite', 'model', 'licence', 'prompt', 'system', 'turns', 'tools', 'calls'],
  ...['attack', 'outcome', 'meta'],
]);
const callMembers = new Set([
  ...['i', 'step', 'tool', 'arguments', 'result', 'error', 'label', 'why', 'unknown_tool', 'via', 'result_truncated'],
]);

/** Parses one line. Calls without a label, as users record them, are `unknown`. */
export function parseRun(text: string): ParsedRun {
  try {
    return { kind: 'run', run: readRun(parseJson(text)) };
  } catch (error) {
    if (error instanceof NotUnderstood) return { kind: 'problem', why: error.message };
    throw error;
  }
}

function readRun(value: unknown): RecordedRun {
  const run = objectAt(value, 'the line');
  const schema = textAt(run, 'schema');
  if (schema !== traceSchema) fail(`\`schema\` is not \`${traceSchema}\``);
  const source = nameAt(run, 'source');
  const calls = listAt(run, 'calls').map((call, index) => readCall(call, index));
  const unknown = [
    ...Object.keys(run).filter((name) => !runMembers.has(name)),
    ...new Set(calls.flatMap((call) => call.unknownMembers)),
  ];
  return {
    id: textAt(run, 'trace_id'),
    source,
    suite: `${source}-${nameAt(run, 'suite')}`,
    seen: {
      prompt: textAt(run, 'prompt'),
      turns: readTurns(run.turns, calls.length),
      tools: listAt(run, 'tools').map(readTool),
      calls: calls.map(({ seen }) => seen),
    },
    truth: { calls: calls.map(({ label, why }) => ({ label, why })) },
    unknownMembers: unknown,
  };
}

interface ReadCall {
  readonly seen: SeenCall;
  readonly label: Label;
  readonly why: string;
  readonly unknownMembers: readonly string[];
}

function readCall(value: unknown, index: number): ReadCall {
  const at = `calls[${index}]`;
  const call = objectAt(value, at);
  if (call.i !== index) fail(`\`${at}.i\` is not ${index}`);
  const label = call.label === undefined ? 'unknown' : labels.find((name) => name === call.label);
  if (label === undefined) return fail(`\`${at}.label\` is none of ${labels.join(', ')}`);
  return {
    label,
    why: optionalText(call.why, `${at}.why`) ?? '',
    unknownMembers: Object.keys(call)
      .filter((name) => !callMembers.has(name))
      .map((name) => `calls[].${name}`),
    seen: {
      step: indexAt(call.step, `${at}.step`),
      tool: textAt(call, 'tool', at),
      // `as`: parsed from JSON text, so all that is in it is JSON.
      arguments: objectAt(call.arguments, `${at}.arguments`) as JsonObject,
      result: optionalText(call.result, `${at}.result`),
      error: optionalText(call.error, `${at}.error`),
    },
  };
}

function readTool(value: unknown, index: number): OfferedTool {
  const at = `tools[${index}]`;
  const tool = objectAt(value, at);
  const schema = objectAt(tool.inputSchema ?? {}, `${at}.inputSchema`);
  return {
    name: textAt(tool, 'name', at),
    description: optionalText(tool.description, `${at}.description`) ?? '',
    inputSchema: schema as JsonObject, // `as`: parsed from JSON text
  };
}

/** What others than the user said is none of an intent. */
function readTurns(value: unknown, calls: number): readonly SeenTurn[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail('`turns` is no list');
  const turns = value.map((item, index) => {
    const at = `turns[${index}]`;
    const turn = objectAt(item, at);
    const beforeCall = indexAt(turn.before_call, `${at}.before_call`);
    if (beforeCall > calls) fail(`\`${at}.before_call\` is past the last call`);
    return { beforeCall, text: textAt(turn, 'text', at), role: textAt(turn, 'role', at) };
  });
  return turns
    .filter(({ role }) => role === 'user')
    .map(({ beforeCall, text }) => ({ beforeCall, text }))
    .toSorted((a, b) => a.beforeCall - b.beforeCall);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('no JSON');
  }
}

function objectAt(value: unknown, at: string): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`\`${at}\` is no object`);
  return value as { readonly [name: string]: unknown }; // an object of JSON has members of any name
}

function listAt(object: { readonly [name: string]: unknown }, name: string): readonly unknown[] {
  const value = object[name];
  return Array.isArray(value) ? value : fail(`\`${name}\` is no list`);
}

function textAt(object: { readonly [name: string]: unknown }, name: string, at?: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : fail(`\`${at === undefined ? name : `${at}.${name}`}\` is no text`);
}

/** Part of a file name, and shown as it is. */
function nameAt(object: { readonly [name: string]: unknown }, name: string): string {
  const text = textAt(object, name);
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text) ? text : fail(`\`${name}\` is no name of a-z, 0-9, _ and -`);
}

function optionalText(value: unknown, at: string): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : fail(`\`${at}\` is no text`);
}

function indexAt(value: unknown, at: string): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : fail(`\`${at}\` is no whole number`);
}

function fail(why: string): never {
  throw new NotUnderstood(why);
}
