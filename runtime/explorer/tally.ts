/** What the Explorer counts: every call once, from the events as they are stored. Bounded, whatever happens. */
import type { CallCounts, CallSummary, Verdict } from '../../policies/explorer_wire.ts';
import type { Queries } from '../store/store.ts';
import { BoundedMap } from './bounded_map.ts';
import { noCalls, plus } from './counts.ts';
import { parseShownEvent, type ShownDecision, verdictOf } from './shown_event.ts';

/** Events before the latest so many are not counted. */
export const eventsCountedMax = 50_000;
const pageSize = 500;
export const callsKeptMax = 4_000;
const sessionsKeptMax = 2_000;
const rowsKeptMax = 2_000;
const sequencesPerCallMax = 16;

export interface KeptCall extends CallSummary {
  /** Where its events are. */
  readonly sequences: readonly number[];
}
export interface CountedRow {
  readonly mas: string;
  readonly calls: CallCounts;
}
export interface CountedTool extends CountedRow {
  readonly tool: string;
}
export interface CountedEdge extends CountedRow {
  readonly from: string | null;
  readonly to: string;
  readonly toKind: string;
  readonly reasons: readonly string[];
}
export interface CountedSession extends CountedRow {
  readonly reasons: readonly string[];
}

export class Tally {
  readonly #queries: Queries;
  readonly #calls = new BoundedMap<KeptCall>(callsKeptMax);
  readonly #systems = new BoundedMap<CountedRow>(rowsKeptMax);
  readonly #tools = new BoundedMap<CountedTool>(rowsKeptMax);
  readonly #edges = new BoundedMap<CountedEdge>(rowsKeptMax);
  readonly #sessions = new BoundedMap<CountedSession>(sessionsKeptMax);
  readonly #reasons = new Map<string, number>();
  #discovery = noCalls;
  #cursor: number | null = null;
  #counted = 0;
  #since: string | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  get discovery(): CallCounts {
    return this.#discovery;
  }
  get counted(): { readonly events: number; readonly since: string | null } {
    return { events: this.#counted, since: this.#since };
  }
  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** Reads what was stored since the last time. */
  catchUp(): Promise<void> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#read());
    return this.#reading;
  }

  call(mas: string, decisionId: string): KeptCall | undefined {
    return this.#calls.get(callKey(mas, decisionId));
  }
  /** The latest blocked calls of a MAS, or of all; newest first. */
  blocked(mas: string | null, limit: number): readonly CallSummary[] {
    const blocked = [...this.#calls.values()].filter(
      (call) => call.verdict !== 'allowed' && (mas === null || call.mas === mas),
    );
    const newestFirst = blocked.sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, limit);
    return newestFirst.map(({ sequences, ...call }) => call);
  }
  system(mas: string): CallCounts {
    return this.#systems.get(mas)?.calls ?? noCalls;
  }
  tools(): readonly CountedTool[] {
    return [...this.#tools.values()];
  }
  edges(mas: string): readonly CountedEdge[] {
    return [...this.#edges.values()].filter((edge) => edge.mas === mas);
  }
  session(sessionId: string): CountedSession | undefined {
    return this.#sessions.get(sessionId);
  }

  async #read(): Promise<void> {
    let cursor = this.#cursor ?? (await this.#start());
    for (;;) {
      const rows = await this.#queries.query<{ sequence: number; body: string; at: string }>(
        'select sequence, body, at from events where sequence > $1 order by sequence limit $2',
        [cursor, pageSize],
      );
      for (const row of rows) this.#count(row.sequence, row.body, row.at);
      cursor = rows.at(-1)?.sequence ?? cursor;
      this.#cursor = cursor;
      if (rows.length < pageSize) return;
    }
  }

  async #start(): Promise<number> {
    const [row] = await this.#queries.query<{ last: number | null }>('select max(sequence) as last from events');
    return Math.max(0, (row?.last ?? 0) - eventsCountedMax);
  }

  #count(sequence: number, body: string, at: string): void {
    this.#counted += 1;
    this.#since ??= at;
    const event = parseShownEvent(sequence, JSON.parse(body));
    if (event?.kind !== 'decision') return;
    const key = callKey(event.mas, event.decision_id);
    const before = this.#calls.get(key);
    const after = joinCall(before, event);
    this.#calls.set(key, after);
    if (before?.verdict === after.verdict && before.reason === after.reason && before.kind === after.kind) return;
    if (before !== undefined) this.#add(before, -1, event);
    this.#add(after, 1, event);
  }

  /** Counts a call, or takes it back. */
  #add(call: KeptCall, more: number, { caller, callee, callee_kind }: ShownDecision): void {
    const { mas, verdict, reason, tool, session_id } = call;
    if (verdict !== 'allowed') this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + more);
    const reasonsWith = (known: readonly string[] | undefined) =>
      verdict === 'allowed' || more < 0 ? (known ?? []) : [...new Set([...(known ?? []), reason])].slice(0, 8);
    const edgeKey = JSON.stringify([mas, caller, callee]);
    const edge = this.#edges.get(edgeKey);
    const edgeCalls = plus(edge?.calls, verdict, more);
    this.#edges.set(edgeKey, {
      mas,
      from: caller,
      to: callee,
      toKind: callee_kind,
      calls: edgeCalls,
      reasons: reasonsWith(edge?.reasons),
    });
    if (call.kind === 'discovery') {
      this.#discovery = plus(this.#discovery, verdict, more);
      return;
    }
    this.#systems.set(mas, { mas, calls: plus(this.#systems.get(mas)?.calls, verdict, more) });
    if (tool !== null) {
      const key = JSON.stringify([mas, tool]);
      this.#tools.set(key, { mas, tool, calls: plus(this.#tools.get(key)?.calls, verdict, more) });
    }
    if (session_id !== null) {
      const session = this.#sessions.get(session_id);
      this.#sessions.set(session_id, {
        mas,
        calls: plus(session?.calls, verdict, more),
        reasons: reasonsWith(session?.reasons),
      });
    }
  }
}

/** Decision ids are made by enforcement points: one of another system cannot meddle. */
function callKey(mas: string, decisionId: string): string {
  return JSON.stringify([mas, decisionId]);
}

const gravity: { readonly [verdict in Verdict]: number } = { allowed: 0, would_block: 1, blocked: 2 };

/** The call with one phase more: what any phase refused stays refused. */
function joinCall(before: KeptCall | undefined, event: ShownDecision): KeptCall {
  const verdict = verdictOf(event.phase);
  const graver = before === undefined || gravity[verdict] > gravity[before.verdict];
  return {
    decision_id: event.decision_id,
    mas: event.mas,
    session_id: before?.session_id ?? event.session_id,
    kind: before?.kind === undefined || before.kind === 'other' ? event.callKind : before.kind,
    at: before?.at ?? event.at,
    caller: before?.caller ?? event.caller,
    callee: before?.callee ?? event.callee,
    tool: before?.tool ?? event.tool,
    operation: before?.operation || event.operation,
    verdict: graver ? verdict : before.verdict,
    reason: graver ? event.phase.reason : before.reason,
    sequences: [...(before?.sequences ?? []), event.sequence].slice(0, sequencesPerCallMax),
  };
}
