/** One call on its own: those that belong to no session have no other page. */
import type { CallPage } from '../../policies/explorer_wire.ts';
import { joinCallPage } from './join_entries.ts';
import { parseShownEvent } from './shown_event.ts';
import type { Sources } from './sources.ts';

/** null: there is no such call, or it is too long ago. */
export async function readCallPage(
  { parts, tally }: Sources,
  mas: string,
  decisionId: string,
): Promise<CallPage | null> {
  await tally.catchUp();
  const kept = tally.call(mas, decisionId);
  if (kept === undefined) return null;
  const rows = await parts.store.query<{ sequence: number; body: string }>(
    'select sequence, body from events where sequence = any($1::bigint[]) and mas = $2 order by sequence',
    [kept.sequences, mas],
  );
  const events = rows.map(({ sequence, body }) => parseShownEvent(sequence, JSON.parse(body)));
  return joinCallPage(events.filter((event) => event?.kind === 'decision'));
}
