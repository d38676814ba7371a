import type { Call } from '../protocols/call.ts';
import { type KnownSession, selectionDigest } from './session_table.ts';

/**
 * The session an outbound call belongs to, out of those delivered to this workload; null when none, or more than one, fits
 * (DESIGN 3). The first rule that fits decides among those that fit it: a trace id that CASA gave, then what the call
 * says, then the only session there is, then the only one whose request is still open.
 */
export function attributeCall(call: Call, traceId: string | null, live: readonly KnownSession[]): KnownSession | null {
  const traced = live.filter((session) => session.traceId === traceId);
  if (traced.length === 1) return traced[0] ?? null;
  const fitting = fittingContent(call, live);
  return onlyOne(fitting.length > 0 ? fitting : live);
}

function fittingContent(call: Call, live: readonly KnownSession[]): readonly KnownSession[] {
  if (call.tool !== null) {
    const digest = selectionDigest(call.tool.id, call.tool.arguments);
    return live.filter((session) => session.selections.has(digest));
  }
  if (call.llm === null) return [];
  const { latestUserText, echoedIds } = call.llm;
  const turn = latestUserText === null ? null : normalise(latestUserText);
  const sameTurn = live.filter((session) => turn !== null && turn !== '' && turn === userTurn(session));
  const among = sameTurn.length > 0 ? sameTurn : live;
  const echoed = among.filter((session) => echoedIds.some((id) => session.answerIds.has(id)));
  return echoed.length > 0 ? echoed : sameTurn;
}

/** Sessions with the same subject, words and conversation count as one: the latest. */
function onlyOne(candidates: readonly KnownSession[]): KnownSession | null {
  const merged = new Map<string, KnownSession>();
  for (const session of candidates) {
    const key = identity(session);
    const other = merged.get(key);
    if (other === undefined || other.order < session.order) merged.set(key, session);
  }
  if (merged.size === 1) return [...merged.values()][0] ?? null;
  const open = [...merged.keys()].filter((key) =>
    candidates.some((session) => session.open.size > 0 && identity(session) === key),
  );
  return open.length === 1 ? (merged.get(open[0] as string) ?? null) : null; // length was checked
}

function identity(session: KnownSession): string {
  const turn = userTurn(session);
  if (turn === null) return JSON.stringify([session.sessionId]);
  return JSON.stringify([session.subject, turn, session.conversationId]);
}

function userTurn(session: KnownSession): string | null {
  return session.userText === null ? null : normalise(session.userText);
}

function normalise(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}
