/** Selections in the store, as an exchange reads and consumes them. */
import type { JsonObject } from '../../policies/contract.ts';
import type { Queries } from '../store/store.ts';
import type { StoredSelection } from './match_selection.ts';

/** LLM answers recorded for the app in this session. */
export async function countLlmCalls(queries: Queries, sessionId: string, app: string): Promise<number> {
  const [row] = await queries.query<{ calls: number }>(
    'select count(*) as calls from llm_calls where session_id = $1 and app = $2',
    [sessionId, app],
  );
  return row?.calls ?? 0;
}

export interface SelectionPlace {
  readonly sessionId: string;
  readonly app: string;
  /** `server/name` */
  readonly tool: string;
}

/** The app's selections of one tool, oldest first; one that the token `ownJti` used up counts as unconsumed. */
export async function readSelections(
  queries: Queries,
  { sessionId, app, tool }: SelectionPlace,
  ownJti: string | null,
): Promise<readonly StoredSelection[]> {
  const rows = await queries.query<SelectionRow>(
    `select selections.llm_call_id, ordinal, tool, arguments, consumed_by from selections
     join llm_calls using (session_id, llm_call_id)
     where session_id = $1 and selections.app = $2 and tool = $3
     order by llm_calls.at, selections.llm_call_id, ordinal`,
    [sessionId, app, tool],
  );
  return rows.map((row) => ({
    key: JSON.stringify([row.llm_call_id, row.ordinal]),
    tool: row.tool,
    arguments: JSON.parse(row.arguments) as JsonObject, // written by recordSelections
    consumed: row.consumed_by !== null && row.consumed_by !== ownJti,
  }));
}

interface SelectionRow {
  readonly llm_call_id: string;
  readonly ordinal: number;
  readonly tool: string | null;
  readonly arguments: string;
  readonly consumed_by: string | null;
}

/** Marks a selection as used up by the token `jti`. */
export async function consumeSelection(queries: Queries, sessionId: string, key: string, jti: string): Promise<void> {
  const [llmCallId, ordinal] = JSON.parse(key) as [string, number]; // made by readSelections
  await queries.query(
    `update selections set consumed_by = $4
     where session_id = $1 and llm_call_id = $2 and ordinal = $3 and consumed_by is null`,
    [sessionId, llmCallId, ordinal, jti],
  );
}
