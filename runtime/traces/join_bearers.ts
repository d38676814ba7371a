/** Tokens that a kernel saw, joined with whose they are. */
import type { Flow, TraceEvent } from '../../policies/trace.ts';
import type { Queries } from '../store/store.ts';

interface TokenRow {
  readonly keyed_hash: string;
  readonly token_hash: string;
  readonly mas: string;
  readonly session_id: string | null;
  readonly trace_id: string | null;
}

/**
 * Flows with a bearer get the session, trace id and `token_hash` of the token; one that is no token of the flow's MAS is left out:
 * assertions of enforcement points and foreign tokens are nobody's here. All other events stay as they are.
 */
export async function joinBearers(queries: Queries, events: readonly TraceEvent[]): Promise<readonly TraceEvent[]> {
  const hashes = events.flatMap((event) => keyedHashOf(event) ?? []);
  if (hashes.length === 0) return events;
  const rows = await queries.query<TokenRow>(
    `select keyed_hash, token_hashes.token_hash, token_grants.mas, session_id, sessions.trace_id
     from token_hashes join token_grants using (jti) left join sessions using (session_id)
     where keyed_hash = any($1::text[])`,
    [[...new Set(hashes)]],
  );
  const tokens = new Map(rows.map((row) => [row.keyed_hash, row]));
  return events.flatMap((event) => {
    const hash = keyedHashOf(event);
    if (hash === null) return [event];
    const token = tokens.get(hash);
    if (token?.mas !== event.mas) return [];
    const { session_id, trace_id, token_hash } = token;
    return [{ ...event, session_id, trace_id, token_hash }];
  });
}

function keyedHashOf(event: TraceEvent): string | null {
  // An agent of an older version says nothing of tokens.
  const flow: Partial<Flow> | null = event.kind === 'flow' ? event : null;
  return flow?.bearer?.keyed_hash ?? null;
}
