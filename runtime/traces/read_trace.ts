/** Stored events, oldest first. */
import type { TraceEvent, TracePage } from '../../policies/trace.ts';
import type { Queries } from '../store/store.ts';

export const traceLimitMax = 1_000;

export interface TraceQuery {
  readonly mas: string | null;
  readonly session: string | null;
  /** Sequence of the last event that is already known. */
  readonly after: number;
  readonly limit: number;
}

/** One page; a session's events are only those of the MAS that the session is of. */
export async function readTrace(queries: Queries, query: TraceQuery): Promise<TracePage> {
  const rows = await queries.query<{ sequence: number; body: string }>(
    `select sequence, body from events
     where sequence > $1
       and ($2::text is null or mas = $2)
       and ($3::text is null
         or (session_id = $3 and mas = coalesce((select mas from sessions where session_id = $3), mas)))
     order by sequence limit $4`,
    [query.after, query.mas, query.session, query.limit],
  );
  const events = rows.map(({ sequence, body }) => ({ ...(JSON.parse(body) as TraceEvent), sequence })); // by EventQueue
  return { events, next: rows.length === query.limit ? (rows.at(-1)?.sequence ?? null) : null };
}
