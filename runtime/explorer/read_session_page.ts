/** One session: the user's words, and all that followed from them in time order. */
import type { SessionPage } from '../../policies/explorer_wire.ts';
import type { Queries } from '../store/store.ts';
import { joinEntries, joinTokens } from './join_entries.ts';
import { type SessionRow, sessionColumns, sessionSummary } from './read_sessions.ts';
import { parseShownEvent, type ShownEvent } from './shown_event.ts';
import type { Sources } from './sources.ts';
import { clip, wordsOf } from './user_words.ts';

export const eventsPerSessionMax = 3_000;
const turnsMax = 50;

interface FullSessionRow extends SessionRow {
  readonly trace_id: string;
  readonly linked_trace_id: string | null;
  readonly ceiling: string;
}

/** null: there is no such session. */
export async function readSessionPage(sources: Sources, sessionId: string): Promise<SessionPage | null> {
  const { store } = sources.parts;
  await sources.tally.catchUp();
  const [row] = await store.query<FullSessionRow>(
    `select ${sessionColumns}, trace_id, linked_trace_id, ceiling from sessions where session_id = $1`,
    [sessionId],
  );
  if (row === undefined) return null;
  const events = await readEvents(store, row);
  const consumed = await store.query<{ llm_call_id: string; selection_id: string }>(
    'select llm_call_id, selection_id from selections where session_id = $1 and consumed_by is not null',
    [sessionId],
  );
  const consumedIds = new Set(consumed.map(({ llm_call_id, selection_id }) => `${llm_call_id} ${selection_id}`));
  return {
    session: sessionSummary(sources, row),
    trace_id: row.trace_id,
    linked_trace_id: row.linked_trace_id,
    ceiling: JSON.parse(row.ceiling) as readonly string[], // written by `startSession`
    turns: await readTurns(store, row),
    entries: joinEntries(events, (llmCallId, selectionId) => consumedIds.has(`${llmCallId} ${selectionId}`)),
    tokens: joinTokens(events),
    truncated: events.length >= eventsPerSessionMax,
  };
}

/** Enforcement points of other systems may have named this session: what they sent is not of it. */
async function readEvents(queries: Queries, { session_id, mas }: SessionRow): Promise<readonly ShownEvent[]> {
  const rows = await queries.query<{ sequence: number; body: string }>(
    'select sequence, body from events where session_id = $1 and mas = $2 order by sequence limit $3',
    [session_id, mas, eventsPerSessionMax],
  );
  return rows
    .map(({ sequence, body }) => parseShownEvent(sequence, JSON.parse(body)))
    .filter((event) => event !== null);
}

async function readTurns(queries: Queries, { mas, conversation_id }: SessionRow): Promise<SessionPage['turns']> {
  const rows = await queries.query<Pick<SessionRow, 'session_id' | 'user_input' | 'started_at'>>(
    `select session_id, user_input, started_at from sessions
     where conversation_id = $1 and mas = $2 order by started_at desc limit $3`,
    [conversation_id, mas, turnsMax],
  );
  return rows
    .map(({ session_id, user_input, started_at }) => ({
      session_id,
      user_input: clip(wordsOf(user_input)),
      started_at: new Date(started_at).toISOString(),
    }))
    .reverse();
}
