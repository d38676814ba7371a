/** Whether a session still lives. */
import type { SessionState } from '../../policies/contract.ts';
import type { Queries } from '../store/store.ts';

export interface SessionRow {
  readonly session_id: string;
  readonly mas: string;
  readonly state: 'live' | 'revoked';
  readonly expires_at: number;
}

/** Locks the session until the transaction ends: whatever reads and changes its facts comes one after the other. */
export async function lockSession(queries: Queries, mas: string, sessionId: string): Promise<SessionRow | null> {
  const [row] = await queries.query<SessionRow>(
    'select session_id, mas, state, expires_at from sessions where session_id = $1 and mas = $2 for update',
    [sessionId, mas],
  );
  return row ?? null;
}

export async function readSession(queries: Queries, mas: string, sessionId: string): Promise<SessionRow | null> {
  const [row] = await queries.query<SessionRow>(
    'select session_id, mas, state, expires_at from sessions where session_id = $1 and mas = $2',
    [sessionId, mas],
  );
  return row ?? null;
}

/** INVARIANT (deny by default): what is not known to live does not. */
export function sessionState(row: SessionRow | null, nowMs: number): SessionState {
  if (row === null) return 'unknown';
  if (row.state !== 'live') return 'revoked';
  return row.expires_at > nowMs ? 'live' : 'expired';
}
