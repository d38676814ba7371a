/** Wakes those who wait for a change. It is only a hint: whoever is woken reads the store. */
export class News {
  readonly #waiting = new Map<string, Set<() => void>>();
  #closed = false;

  /** Resolves at the next change of `topic`, after `waitMs`, or when `signal` aborts. */
  next(topic: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted || waitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting);
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(topic);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done);
      waiting.add(done);
    });
  }

  changed(topic: string): void {
    for (const done of [...(this.#waiting.get(topic) ?? [])]) done();
  }

  /** Ends all waiting, now and later. */
  close(): void {
    this.#closed = true;
    for (const topic of [...this.#waiting.keys()]) this.changed(topic);
  }
}

/** Topics, so that no two uses collide. */
export const topics = {
  bundle: (mas: string) => `bundle ${mas}`,
  peers: 'peers',
  revocations: (mas: string) => `revocations ${mas}`,
} as const;
