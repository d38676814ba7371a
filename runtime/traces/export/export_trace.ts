/** A stored trace in the form that others read: JSON lines, page by page, so that its length does not matter. */
import type { TraceEvent } from '../../../policies/trace.ts';
import type { Queries } from '../../store/store.ts';
import { readTrace, type TraceQuery, traceLimitMax } from '../read_trace.ts';
import { decisionLogEntry } from './decision_log.ts';
import { tracesData } from './otlp.ts';

/** Each gives one line for an event, or null for an event that has no place in that form. */
export const exportForms: { readonly [form: string]: (event: TraceEvent) => object | null } = {
  ndjson: (event) => event,
  opa: decisionLogEntry,
  otlp: tracesData,
};

export type ExportQuery = Pick<TraceQuery, 'mas' | 'session' | 'after'>;

/** The lines of every event that was stored when it is reached, oldest first. */
export async function* exportTrace(
  queries: Queries,
  query: ExportQuery,
  line: (event: TraceEvent) => object | null,
): AsyncGenerator<string> {
  let after: number | null = query.after;
  while (after !== null) {
    const page = await readTrace(queries, { ...query, after, limit: traceLimitMax });
    const lines = page.events.map(line).filter((entry) => entry !== null);
    if (lines.length > 0) yield `${lines.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
    after = page.next;
  }
}
