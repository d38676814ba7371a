/** The end of a session, and how enforcement points hear of it. */
import type { RevocationFeed } from '../../policies/wire.ts';
import type { Parts } from '../parts.ts';
import { giveHint, type Queries } from '../store/store.ts';
import { topics } from '../traces/news.ts';

/** Ends a session of this MAS with every token in it; ending it twice is ending it once. False: no such session. */
export async function revokeSession(parts: Parts, mas: string, sessionId: string): Promise<boolean> {
  const found = await parts.store.transaction(async (queries) => {
    // The row of the MAS is the lock that makes sequence numbers visible in their order; rows that refer to it may still
    // be inserted, or an exchange that holds the session would wait for this and this for it.
    await queries.query('select name from mas where name = $1 for no key update', [mas]);
    const [session] = await queries.query<{ state: string }>(
      'select state from sessions where session_id = $1 and mas = $2 for update',
      [sessionId, mas],
    );
    if (session?.state === 'live') {
      await endSession(queries, mas, sessionId, parts.world.now());
      await giveHint(queries, topics.revocations(mas));
    }
    return session !== undefined;
  });
  parts.news.changed(topics.revocations(mas));
  return found;
}

async function endSession(queries: Queries, mas: string, sessionId: string, now: number): Promise<void> {
  await queries.query("update sessions set state = 'revoked' where session_id = $1", [sessionId]);
  await queries.query(
    `with next as (
       update mas set revocation_sequence = revocation_sequence + 1 where name = $1 returning revocation_sequence
     )
     insert into revocations (mas, sequence, session_id, at) select $1, revocation_sequence, $2, $3 from next`,
    [mas, sessionId, now],
  );
}

/** The MAS that a session is of, or null. */
export async function masOfSession(queries: Queries, sessionId: string): Promise<string | null> {
  const [row] = await queries.query<{ mas: string }>('select mas from sessions where session_id = $1', [sessionId]);
  return row?.mas ?? null;
}

/** Sessions in one answer of the feed; the asker goes on with its sequence. */
export const revocationsPerAnswerMax = 1_000;

/** What was revoked after `after`. A sequence that this store never gave starts from the beginning. */
export async function readRevocations(queries: Queries, mas: string, after: number): Promise<RevocationFeed> {
  const [row] = await queries.query<{ revocation_sequence: number }>(
    'select revocation_sequence from mas where name = $1',
    [mas],
  );
  const newest = row?.revocation_sequence ?? 0;
  const since = after > newest ? 0 : after;
  const revoked = await queries.query<{ session_id: string; sequence: number }>(
    'select session_id, sequence from revocations where mas = $1 and sequence > $2 order by sequence limit $3',
    [mas, since, revocationsPerAnswerMax],
  );
  return { sequence: revoked.at(-1)?.sequence ?? newest, revoked };
}
