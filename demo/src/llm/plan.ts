import type { ChatRequest, Message, OfferedTool } from './chat.ts';
import { type Arguments, fillArguments, type KnownRow } from './fill_arguments.ts';
import { matchTools } from './match_tools.ts';

export interface PlannedCall {
  readonly tool: string;
  readonly arguments: Arguments;
}

/** What the model says next: tool calls, or the answer. */
export type Plan =
  | { readonly kind: 'calls'; readonly calls: readonly PlannedCall[] }
  | { readonly kind: 'answer'; readonly text: string };

/**
 * Plans the next step of a conversation. Like a real model it follows the user's words and the system prompt alike: who
 * writes the system prompt can make it do what the user never asked for.
 */
export function plan(request: ChatRequest): Plan {
  const lastUser = request.messages.findLastIndex((message) => message.role === 'user');
  const turn = request.messages.slice(lastUser + 1);
  const results = turn.filter((message) => message.role === 'tool');
  const done = new Set(turn.flatMap((message) => message.toolCalls.map((call) => key(call.tool, call.arguments))));
  const calls = wishTexts(request.messages, lastUser)
    .flatMap((text) => wishes(text, request.tools, results.flatMap(knownRows)))
    .filter((call) => !done.has(key(call.tool, JSON.stringify(call.arguments))));
  const unique = [...new Map(calls.map((call) => [key(call.tool, JSON.stringify(call.arguments)), call])).values()];
  return unique.length > 0 ? { kind: 'calls', calls: unique } : { kind: 'answer', text: answer(turn) };
}

function wishTexts(messages: readonly Message[], lastUser: number): readonly string[] {
  const system = messages.filter((message) => message.role === 'system' || message.role === 'developer');
  return [messages[lastUser]?.content ?? '', ...system.map((message) => message.content)];
}

function wishes(text: string, tools: readonly OfferedTool[], known: readonly KnownRow[]): readonly PlannedCall[] {
  return matchTools(text, tools).flatMap((tool) => {
    const filled = fillArguments(tool, text, known);
    if (filled.kind === 'calls') return filled.calls.map((call) => ({ tool: tool.name, arguments: call }));
    const lister = tools.find((other) => other.name === `list_${plural(filled.property)}`);
    return lister === undefined ? [] : [{ tool: lister.name, arguments: {} }];
  });
}

/** `beneficiary_id`, `from_account`: what to list to find one. */
function plural(property: string): string {
  const noun = property.replace(/^from_|_id$/g, '');
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

function knownRows(message: Message): readonly KnownRow[] {
  try {
    const value: unknown = JSON.parse(message.content);
    return Array.isArray(value) ? value.filter(isKnownRow) : [];
  } catch {
    return [];
  }
}

function isKnownRow(value: unknown): value is KnownRow {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('name' in value)) return false;
  return typeof value.id === 'string' && typeof value.name === 'string';
}

function answer(turn: readonly Message[]): string {
  const calls = turn.flatMap((message) => message.toolCalls);
  if (calls.length === 0) return 'I can only help with what the bank offers.';
  const lines = calls.map((call) => {
    const result = turn.find((message) => message.toolCallId === call.id)?.content ?? 'no result';
    return `${call.tool}: ${result.slice(0, 300)}`;
  });
  return `Here is what I found.\n${lines.join('\n')}`;
}

function key(tool: string, args: string): string {
  return `${tool} ${args}`;
}
