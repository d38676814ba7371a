/** Sessions, latest first. */
import type { SessionList, SessionSummary } from '../../policies/explorer_wire.ts';
import { sessionState } from '../sessions/session_state.ts';
import { isoTime, type Sources } from './sources.ts';
import { clip, wordsOf } from './user_words.ts';

export const sessionsPerPageMax = 50;

export interface SessionRow {
  readonly session_id: string;
  readonly mas: string;
  readonly state: 'live' | 'revoked';
  readonly entry: string;
  readonly subject: string;
  readonly conversation_id: string;
  readonly user_input: string;
  readonly started_at: number;
  readonly expires_at: number;
}

export const sessionColumns =
  'session_id, mas, state, entry, subject, conversation_id, user_input, started_at, expires_at';

export interface SessionsAsked {
  readonly mas: string | null;
  /** `next` of the page before. */
  readonly before: string | null;
}

export async function readSessions(sources: Sources, asked: SessionsAsked): Promise<SessionList> {
  await sources.tally.catchUp();
  const [startedAt, sessionId] = parseBefore(asked.before);
  const rows = await sources.parts.store.query<SessionRow>(
    `select ${sessionColumns} from sessions
     where ($1::text is null or mas = $1) and (started_at, session_id) < ($2::bigint, $3)
     order by started_at desc, session_id desc limit $4`,
    [asked.mas, startedAt, sessionId, sessionsPerPageMax],
  );
  const last = rows.length === sessionsPerPageMax ? rows.at(-1) : undefined;
  return {
    sessions: rows.map((row) => {
      const summary = sessionSummary(sources, row);
      return { ...summary, user_input: clip(summary.user_input) };
    }),
    next: last === undefined ? null : `${last.started_at}.${last.session_id}`,
  };
}

/** The session as it is, with all of the user's words. */
export function sessionSummary({ parts, tally }: Sources, row: SessionRow): SessionSummary {
  const counted = tally.session(row.session_id);
  const state = sessionState(row, parts.world.now());
  return {
    session_id: row.session_id,
    mas: row.mas,
    conversation_id: row.conversation_id,
    state: state === 'live' || state === 'expired' ? state : 'revoked',
    subject: row.subject,
    entry: row.entry,
    started_at: isoTime(row.started_at),
    expires_at: isoTime(row.expires_at),
    user_input: wordsOf(row.user_input),
    calls: counted?.calls ?? null,
    reasons: counted?.reasons ?? [],
  };
}

function parseBefore(before: string | null): readonly [startedAt: number, sessionId: string] {
  const parts = /^(\d{1,15})\.([\x21-\x7e]{1,128})$/.exec(before ?? '');
  return [Number(parts?.[1] ?? Number.MAX_SAFE_INTEGER), parts?.[2] ?? ''];
}
