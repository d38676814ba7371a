/** Events of one session, joined to what a reader looks for: calls with their phases, answers, tokens. */
import type { CallPage, SessionEntry, TokenRow } from '../../policies/explorer_wire.ts';
import type { ShownDecision, ShownEvent } from './shown_event.ts';
import { verdictOf } from './shown_event.ts';

export type IsConsumed = (llmCallId: string, selectionId: string) => boolean;

/** In time order; phases that belong to one call are one entry, which stands where the call began. */
export function joinEntries(events: readonly ShownEvent[], isConsumed: IsConsumed): readonly SessionEntry[] {
  const calls = new Map<string, ShownDecision[]>();
  const entries: SessionEntry[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'decision':
        calls.set(event.decision_id, [...(calls.get(event.decision_id) ?? []), event]);
        break;
      case 'llm_answer': {
        const { at, app, llm_call_id } = event;
        const selections = event.selections.map((row) => ({ ...row, consumed: isConsumed(llm_call_id, row.id) }));
        entries.push({ kind: 'llm_answer', at, app, llm_call_id, selections });
        break;
      }
      case 'flow': {
        const { at, app, destination, allowed, token_hash } = event;
        const verdict = allowed ? 'allowed' : 'blocked';
        entries.push({ kind: 'flow', at, app, destination, verdict, token_hash });
        break;
      }
      case 'token':
        break;
    }
  }
  for (const phases of calls.values()) {
    const call = joinCallPage(phases);
    if (call !== null) entries.push({ kind: 'call', at: call.at, call });
  }
  return entries.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

const order = ['issue', 'exchange', 'outbound', 'inbound'];

/** One call from its phases in the order in which they decide; null without any. */
export function joinCallPage(events: readonly ShownDecision[]): CallPage | null {
  const phases = [...events].sort((one, other) => order.indexOf(one.phase.phase) - order.indexOf(other.phase.phase));
  // The enforcement point knows most of the call, the exchange least.
  const told = phases.find(({ phase }) => phase.phase === 'outbound') ?? phases.at(-1);
  if (told === undefined) return null;
  const [firstAt = told.phase.at] = phases.map(({ at }) => at).sort();
  const verdicts = phases.map(({ phase }) => ({ verdict: verdictOf(phase), reason: phase.reason }));
  const graver =
    verdicts.find(({ verdict }) => verdict === 'blocked') ??
    verdicts.find(({ verdict }) => verdict === 'would_block') ??
    verdicts[0];
  return {
    decision_id: told.decision_id,
    mas: told.mas,
    session_id: told.session_id,
    kind: told.callKind,
    at: firstAt,
    caller: told.caller,
    caller_type: told.caller_type,
    callee: told.callee,
    callee_kind: told.callee_kind,
    protocol: told.protocol,
    operation: told.operation,
    tool: told.tool,
    arguments: told.arguments,
    verdict: graver?.verdict ?? 'blocked',
    reason: graver?.reason ?? '',
    phases: phases.map(({ phase }) => phase),
  };
}

/** Every token that was minted in the session, oldest first. */
export function joinTokens(events: readonly ShownEvent[]): readonly TokenRow[] {
  const tokens = new Map<string, TokenRow>();
  for (const event of events) {
    const hash = event.token_hash;
    if (hash === null || tokens.has(hash)) continue;
    if (event.kind === 'token') {
      const { at, app, scope, tools } = event;
      tokens.set(hash, { token_hash: hash, kind: 'intent', at, audience: app, client: null, scope, tools });
    } else if (event.kind === 'decision' && event.phase.phase === 'exchange' && event.phase.allow) {
      const { at, callee, caller, granted } = event;
      tokens.set(hash, { token_hash: hash, kind: 'exchanged', at, audience: callee, client: caller, ...granted });
    }
  }
  return [...tokens.values()];
}
