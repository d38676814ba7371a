/** What an import came to: runs in the `agent-trace/1` format, and all that is not in them. */
import type { JsonObject } from '../../policies/contract.ts';
import { traceSchema } from '../recorded/read/recorded_run.ts';

export interface Imported {
  readonly runs: readonly ImportedRun[];
  /** What could not be understood, by line of the file. */
  readonly unread: readonly { readonly line: number; readonly why: string }[];
  /** What was understood and is no call of a tool, counted by what it is. */
  readonly passedOver: { readonly [what: string]: number };
}

export interface ImportedRun {
  readonly id: string;
  readonly source: string;
  readonly suite: string;
  readonly prompt: string;
  readonly turns: readonly { readonly beforeCall: number; readonly text: string }[];
  readonly tools: readonly { readonly name: string; readonly description: string; readonly inputSchema: JsonObject }[];
  readonly calls: readonly ImportedCall[];
}

export interface ImportedCall {
  readonly step: number;
  readonly tool: string;
  /** null: they were not recorded. */
  readonly arguments: JsonObject | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** One line of `agent-trace/1`; arguments that were not recorded are none. */
export function renderRun({ id, turns, calls, ...run }: ImportedRun): string {
  return JSON.stringify({
    schema: traceSchema,
    trace_id: id,
    ...run,
    turns: turns.map(({ beforeCall, text }) => ({ before_call: beforeCall, role: 'user', text })),
    calls: calls.map(({ result, error, ...call }, i) => ({
      i,
      ...call,
      arguments: call.arguments ?? {},
      ...(result === null ? {} : { result }),
      ...(error === null ? {} : { error }),
    })),
  });
}

/** Part of a file name, as `agent-trace/1` wants it. */
export function suiteName(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-');
  return plain.replaceAll(/^[-_]+|-+$/g, '').slice(0, 64) || 'unnamed';
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
