import type { TraceEvent } from '../../policies/trace.ts';
import { type EventsRequest, eventsPerRequestMax, paths } from '../../policies/wire.ts';
import { eventQueueMax, eventsFlushMs, pollRetryMs, runtimeDeadlineMs } from '../limits.ts';
import type { RuntimeClient } from './runtime_client.ts';

/** Events on their way to the runtime: bounded, sent in batches, never waited for by a decision. */
export class EventQueue {
  #waiting: TraceEvent[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;
  #sending = false;
  /** Events to send one by one: the runtime refuses a batch whole when one event is bad. */
  #singles = 0;
  readonly #runtime: RuntimeClient;

  constructor(runtime: RuntimeClient) {
    this.#runtime = runtime;
  }

  /** Events that were not stored: the queue was full, or the runtime refused them. */
  get dropped(): number {
    return this.#dropped;
  }

  push(event: TraceEvent): void {
    if (this.#waiting.length >= eventQueueMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(event);
    this.#flushIn(eventsFlushMs);
  }

  /** Sends what is left, once. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#waiting.length > 0 && (await this.#sendBatch()));
  }

  #flushIn(delayMs: number): void {
    if (this.#timer !== null || this.#sending) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#flush();
    }, delayMs);
    this.#timer.unref();
  }

  async #flush(): Promise<void> {
    this.#sending = true;
    const sent = await this.#sendBatch();
    this.#sending = false;
    if (this.#waiting.length > 0) this.#flushIn(sent ? 0 : pollRetryMs);
  }

  /** False when the runtime could not take the batch now: it stays in the queue (an event stored twice is stored once). */
  async #sendBatch(): Promise<boolean> {
    const events = this.#waiting.slice(0, this.#singles > 0 ? 1 : eventsPerRequestMax);
    try {
      const body: EventsRequest = { events };
      const status = await this.#runtime.postJson(paths.events, body, AbortSignal.timeout(runtimeDeadlineMs));
      if (status === 429 || status >= 500) return false;
      if (status !== 200 && events.length > 1) {
        this.#singles = events.length;
        return true;
      }
      this.#singles = Math.max(0, this.#singles - 1);
      if (status !== 200) this.#dropped += 1;
      this.#waiting = this.#waiting.slice(events.length);
      return true;
    } catch {
      return false;
    }
  }
}
