import { callDigest } from '../../policies/canonical.ts';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { entryOpenMaxMs, selectionsPerSessionMax, sessionsMax } from '../limits.ts';
import { isJsonObject } from '../protocols/strict_json.ts';

/** A session as it was delivered to this workload. The token is kept in memory only. */
export interface Delivery {
  readonly sessionId: string;
  readonly traceId: string;
  readonly token: string;
  readonly subject: string;
  /** null where this workload did not see the session start. */
  readonly conversationId: string | null;
  /** The latest user turn as this workload got it; null when the request carried none. */
  readonly userText: string | null;
  /** Monotonic milliseconds. */
  readonly expiresAtMs: number;
}

export interface KnownSession extends Delivery {
  /** Rises with every delivery: the latest is the highest. */
  readonly order: number;
  /** Entry requests still open, by decision id, each with the time it opened. */
  readonly open: ReadonlyMap<string, number>;
  /** Ids of answers, and of tool calls in them, that the session's requests may go on from. */
  readonly answerIds: ReadonlySet<string>;
  /** Digests of recorded tool calls, with how many of each are unconsumed. */
  readonly selections: ReadonlyMap<string, number>;
}

interface MutableSession extends KnownSession {
  readonly open: Map<string, number>;
  readonly answerIds: Set<string>;
  readonly selections: Map<string, number>;
}

/** A tool call of an LLM answer that was acknowledged by the runtime. */
export interface RecordedSelection {
  readonly id: string;
  readonly tool: string | null;
  readonly arguments: JsonObject;
}

/** Sessions delivered to this workload: the only candidates for what it sends out. Bounded; the oldest leaves first. */
export class SessionTable {
  readonly #sessions = new Map<string, MutableSession>();
  readonly #monotonicMs: () => number;
  #order = 0;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Remembers a delivered session; a later delivery replaces token and user turn and keeps what was recorded. */
  deliver(delivery: Delivery, openRequest: string | null): void {
    const known = this.#sessions.get(delivery.sessionId);
    this.#order += 1;
    const session: MutableSession = {
      ...delivery,
      conversationId: delivery.conversationId ?? known?.conversationId ?? null,
      userText: delivery.userText ?? known?.userText ?? null,
      expiresAtMs: Math.max(delivery.expiresAtMs, known?.expiresAtMs ?? 0),
      order: this.#order,
      open: known?.open ?? new Map(),
      answerIds: known?.answerIds ?? new Set(),
      selections: known?.selections ?? new Map(),
    };
    if (openRequest !== null) session.open.set(openRequest, this.#monotonicMs());
    this.#sessions.delete(delivery.sessionId);
    this.#sessions.set(delivery.sessionId, session);
    this.#bound();
  }

  get(sessionId: string): KnownSession | null {
    const session = this.#sessions.get(sessionId);
    return session !== undefined && session.expiresAtMs > this.#monotonicMs() ? session : null;
  }

  /** Sessions that have not expired, in order of delivery. */
  live(): readonly KnownSession[] {
    const nowMs = this.#monotonicMs();
    for (const session of this.#sessions.values()) {
      if (session.expiresAtMs <= nowMs) this.#sessions.delete(session.sessionId);
      else dropStaleEntries(session.open, nowMs);
    }
    return [...this.#sessions.values()];
  }

  forget(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  closeRequest(sessionId: string, decisionId: string): void {
    this.#sessions.get(sessionId)?.open.delete(decisionId);
  }

  recordAnswer(sessionId: string, answerId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) bounded(session.answerIds).add(answerId);
  }

  recordSelections(sessionId: string, selections: readonly RecordedSelection[]): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    for (const selection of selections) {
      bounded(session.answerIds).add(selection.id);
      if (selection.tool === null) continue;
      const digest = selectionDigest(selection.tool, selection.arguments);
      bounded(session.selections).set(digest, (session.selections.get(digest) ?? 0) + 1);
    }
  }

  /** A call went through: its selection no longer tells whose a later equal call is. */
  consumeSelection(sessionId: string, tool: string, callArguments: JsonObject): void {
    const selections = this.#sessions.get(sessionId)?.selections;
    const digest = selectionDigest(tool, callArguments);
    const left = selections?.get(digest) ?? 0;
    if (left > 1) selections?.set(digest, left - 1);
    else selections?.delete(digest);
  }

  #bound(): void {
    for (const sessionId of this.#sessions.keys()) {
      if (this.#sessions.size <= sessionsMax) return;
      this.#sessions.delete(sessionId);
    }
  }
}

/** Whom a call belongs to is asked with nulls left out; whether it may pass is the runtime's question. */
export function selectionDigest(tool: string, callArguments: JsonObject): string {
  return callDigest(tool, withoutNulls(callArguments));
}

function withoutNulls(value: JsonObject): JsonObject {
  const entries = Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([key, member]): [string, JsonValue] => [key, isJsonObject(member) ? withoutNulls(member) : member]);
  return Object.fromEntries(entries);
}

function dropStaleEntries(open: Map<string, number>, nowMs: number): void {
  for (const [decisionId, openedAtMs] of open) if (nowMs - openedAtMs > entryOpenMaxMs) open.delete(decisionId);
}

function bounded<T extends { readonly size: number; keys(): IterableIterator<string>; delete(key: string): boolean }>(
  collection: T,
): T {
  for (const key of collection.keys()) {
    if (collection.size < selectionsPerSessionMax) break;
    collection.delete(key);
  }
  return collection;
}
