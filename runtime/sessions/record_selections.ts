/** What an LLM selected: authorization state, stored before the answer may be released. */
import type { Reason } from '../../policies/contract.ts';
import type { SelectionFact } from '../../policies/trace.ts';
import type { SelectionsRequest } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { argumentsProblem } from '../exchange/parse_arguments.ts';
import type { Parts } from '../parts.ts';
import { inBatches, type Queries } from '../store/store.ts';
import { lockSession, sessionState } from './session_state.ts';

export const selectionsPerCallMax = 256;
const idLengthMax = 256;

export type RecordedSelections =
  | { readonly kind: 'stored' }
  | {
      readonly kind: 'refused';
      readonly reason: Extract<Reason, 'session_unknown' | 'session_revoked' | 'token_expired'>;
    };

/** Stores one LLM answer with its selections, none included; the same `llm_call_id` again changes nothing. */
export function recordSelections(
  parts: Parts,
  client: Client,
  request: SelectionsRequest,
): Promise<RecordedSelections> {
  const now = parts.world.now();
  return parts.store.transaction(async (queries): Promise<RecordedSelections> => {
    const state = sessionState(await lockSession(queries, client.mas, request.session_id), now);
    if (state === 'revoked') return { kind: 'refused', reason: 'session_revoked' };
    if (state === 'expired') return { kind: 'refused', reason: 'token_expired' };
    if (state !== 'live' || !(await wasDelivered(queries, request.session_id, client.app))) {
      return { kind: 'refused', reason: 'session_unknown' };
    }
    const first = await queries.query(
      `insert into llm_calls (session_id, llm_call_id, app, at) values ($1, $2, $3, $4)
       on conflict do nothing returning llm_call_id`,
      [request.session_id, request.llm_call_id, client.app, now],
    );
    if (first.length > 0) await insertSelections(queries, client.app, request);
    return { kind: 'stored' };
  });
}

/** Only an app that a token of the session was minted for takes part in it. */
async function wasDelivered(queries: Queries, sessionId: string, app: string): Promise<boolean> {
  const rows = await queries.query('select jti from token_grants where session_id = $1 and aud = $2 limit 1', [
    sessionId,
    app,
  ]);
  return rows.length > 0;
}

async function insertSelections(queries: Queries, app: string, request: SelectionsRequest): Promise<void> {
  const numbered = request.selections.map((selection, ordinal) => ({ ...selection, ordinal }));
  for (const batch of inBatches(numbered)) {
    await queries.query(
      `insert into selections (session_id, llm_call_id, ordinal, app, selection_id, tool, arguments)
       select $1, $2, ordinal, $3, id, nullif(tool, ''), arguments
       from unnest($4::int[], $5::text[], $6::text[], $7::text[]) as selection (ordinal, id, tool, arguments)`,
      [
        request.session_id,
        request.llm_call_id,
        app,
        batch.map(({ ordinal }) => ordinal),
        batch.map(({ id }) => id),
        batch.map(({ tool }) => tool ?? ''),
        batch.map((selection) => JSON.stringify(selection.arguments)),
      ],
    );
  }
}

/** The request of this very client, or what is wrong with it. */
export function parseSelectionsRequest(body: unknown, client: Client): SelectionsRequest | string {
  if (!isObject(body)) return 'the body must be an object';
  const { mas, app, session_id, llm_call_id, selections } = body;
  if (mas !== client.mas || app !== client.app) return '`mas` and `app` must be those of the enforcement point';
  if (!isId(session_id)) return '`session_id` must be an id';
  if (!isId(llm_call_id)) return '`llm_call_id` must be an id';
  if (!Array.isArray(selections) || selections.length > selectionsPerCallMax) {
    return `\`selections\` must be a list of at most ${selectionsPerCallMax}`;
  }
  const bad = selections.findIndex((selection) => !isSelection(selection));
  if (bad >= 0) return `\`selections[${bad}]\` is no selection`;
  return { mas: client.mas, app: client.app, session_id, llm_call_id, selections };
}

function isSelection(value: unknown): value is SelectionFact {
  if (!isObject(value)) return false;
  const toolIsGood = value.tool === null || isId(value.tool);
  return isText(value.id) && toolIsGood && isText(value.llm_name) && argumentsProblem(value.arguments) === null;
}

function isId(value: unknown): value is string {
  return isText(value) && value !== '';
}

/** PostgreSQL's text cannot hold U+0000. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= idLengthMax && !value.includes('\0');
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
