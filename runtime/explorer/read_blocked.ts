/** The latest blocked calls, each beside what the user had asked for. */
import type { BlockedCall } from '../../policies/explorer_wire.ts';
import type { Sources } from './sources.ts';
import { clip, wordsOf } from './user_words.ts';

export const blockedShownMax = 12;

/** Of one system, or of all; newest first. The tally must have caught up. */
export async function readBlocked({ parts, tally }: Sources, mas: string | null): Promise<readonly BlockedCall[]> {
  const calls = tally.blocked(mas, blockedShownMax);
  const rows = await parts.store.query<{ session_id: string; mas: string; user_input: string }>(
    'select session_id, mas, user_input from sessions where session_id = any($1::text[])',
    [calls.flatMap(({ session_id }) => session_id ?? [])],
  );
  return calls.map((call) => {
    const row = rows.find(({ session_id, mas: of }) => session_id === call.session_id && of === call.mas);
    return { ...call, user_input: row === undefined ? null : clip(wordsOf(row.user_input)) };
  });
}
