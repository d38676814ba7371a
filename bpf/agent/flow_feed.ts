import type { Flow } from '../../policies/trace.ts';
import { type EventsRequest, eventsPerRequestMax, paths } from '../../policies/wire.ts';
import type { RuntimeAccess } from './runtime_access.ts';

/** Flows that wait for the runtime at most; what comes beyond is counted. */
export const flowsWaitingMax = 5_000;

/** Flows on their way to the runtime, told in the name of each app's enforcement point. A flow stored twice is stored once. */
export class FlowFeed {
  readonly #access: RuntimeAccess;
  #waiting: Flow[] = [];
  #dropped = 0;
  #sending: Promise<void> | null = null;

  constructor(access: RuntimeAccess) {
    this.#access = access;
  }

  /** Flows that will not be stored: too many waited, or the runtime does not want them. */
  get dropped(): number {
    return this.#dropped;
  }

  push(flow: Flow): void {
    if (flow.app === null || this.#waiting.length >= flowsWaitingMax) this.#dropped += 1;
    else this.#waiting.push(flow);
  }

  /** Sends what waits; never rejects: what the runtime cannot take now goes on waiting. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    try {
      const names = this.#waiting.map(({ mas, app }) => JSON.stringify([mas, app]));
      for (const name of new Set(names)) await this.#sendOf(name);
    } catch {
      // The runtime is away: the flows go on waiting.
    }
  }

  /** Those of one app: what cannot be taken from it yet keeps nobody else's waiting. */
  async #sendOf(name: string): Promise<void> {
    for (;;) {
      const events = this.#waiting
        .filter(({ mas, app }) => JSON.stringify([mas, app]) === name)
        .slice(0, eventsPerRequestMax);
      const [first] = events;
      if (first === undefined) return;
      const body: EventsRequest = { events };
      const { status } = await this.#access({ mas: first.mas, app: first.app ?? '' }, paths.events, body);
      // Not there yet, not registered yet, or too busy: later.
      if (status === 401 || status === 429 || status >= 500) return;
      if (status !== 200) this.#dropped += events.length;
      const sent = new Set(events);
      this.#waiting = this.#waiting.filter((flow) => !sent.has(flow));
    }
  }
}
