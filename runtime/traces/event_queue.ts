/** Events on their way to the store, in batches; nobody's decision waits for them. */
import { CasaError } from '../../policies/errors.ts';
import type { TraceEvent } from '../../policies/trace.ts';
import { inBatches, rowsPerStatementMax, type Store } from '../store/store.ts';
import { redactTokens } from './redact_tokens.ts';

export const eventsQueuedMax = 20_000;
export const flushEveryMs = 20;
/** Any number that no other use of this database has: sequence numbers become visible in their order. */
const eventsLock = 727_102;

interface Batch {
  readonly events: readonly TraceEvent[];
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

export interface EventCounts {
  readonly stored: number;
  readonly dropped: number;
  readonly queued: number;
}

export class EventQueue {
  readonly #store: Store;
  #queue: Batch[] = [];
  #queued = 0;
  #stored = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  get counts(): EventCounts {
    return { stored: this.#stored, dropped: this.#dropped, queued: this.#queued };
  }

  /** Resolves when all of them are stored; rejects with `store_unavailable` when the queue is full or the store away. */
  store(events: readonly TraceEvent[]): Promise<void> {
    // No flush would come for nothing.
    if (events.length === 0) return Promise.resolve();
    if (this.#queued + events.length > eventsQueuedMax) {
      this.#dropped += events.length;
      return Promise.reject(new CasaError('store_unavailable', `${this.#queued} events are waiting for the store`));
    }
    return new Promise((stored, failed) => {
      this.#queue.push({ events, stored, failed });
      this.#queued += events.length;
      if (this.#queued >= rowsPerStatementMax) this.#startFlush();
      else this.#timer ??= setTimeout(() => this.#startFlush(), flushEveryMs);
    });
  }

  /** Stores one of the runtime's own events; what cannot be stored is counted as dropped. */
  record(event: TraceEvent): void {
    this.store([event]).catch(() => undefined);
  }

  /** Resolves when everything that was queued is stored or dropped. */
  async flush(): Promise<void> {
    while (this.#queued > 0) {
      this.#startFlush();
      await this.#flushing;
    }
  }

  #startFlush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
  }

  async #flushOnce(): Promise<void> {
    const batches = this.#queue;
    this.#queue = [];
    const events = batches.flatMap((batch) => batch.events);
    if (events.length === 0) return;
    try {
      await writeEvents(this.#store, events);
      this.#stored += events.length;
      for (const batch of batches) batch.stored();
    } catch (error) {
      this.#dropped += events.length;
      for (const batch of batches) batch.failed(error);
    } finally {
      this.#queued -= events.length;
    }
  }
}

async function writeEvents(store: Store, events: readonly TraceEvent[]): Promise<void> {
  await store.transaction(async (queries) => {
    await queries.query('select pg_advisory_xact_lock($1)', [eventsLock]);
    for (const batch of inBatches(events)) {
      await queries.query(
        `insert into events (event_id, mas, session_id, kind, at, body)
         select id, mas, nullif(session, ''), kind, at, body
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
           as event (id, mas, session, kind, at, body)
         on conflict (event_id) do nothing`,
        [
          batch.map((event) => event.event_id),
          batch.map((event) => event.mas),
          // An array of text has no place for null in the port: the empty string stands for it in the statement only.
          batch.map((event) => event.session_id ?? ''),
          batch.map((event) => event.kind),
          batch.map((event) => event.at),
          batch.map((event) => redactTokens(JSON.stringify(event))),
        ],
      );
    }
  });
}
