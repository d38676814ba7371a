import type { Informer, KubernetesObject, ObjectCache } from '@kubernetes/client-node';

const restartMs = 1_000;

/** An informer that watches again after whatever ended its watch, and knows whether what it has is current. */
export class KeptInformer<T extends KubernetesObject> {
  readonly #informer: Informer<T> & ObjectCache<T>;
  #timer: NodeJS.Timeout | null = null;
  #current = false;
  #failures = 0;
  #stopped = false;

  constructor(
    informer: Informer<T> & ObjectCache<T>,
    told: { readonly changed: (object: T | null) => void; readonly failed: (error: unknown) => void },
  ) {
    this.#informer = informer;
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (object) => told.changed(object));
    informer.on('error', (error: unknown) => {
      this.#current = false;
      this.#failures += 1;
      if (this.#stopped) return;
      told.changed(null);
      told.failed(error);
      this.#timer = setTimeout(() => {
        this.start().catch((again: unknown) => told.failed(again));
      }, restartMs);
    });
  }

  /** False while the watch is away: then something may have changed unseen. */
  get current(): boolean {
    return this.#current;
  }

  list(): readonly T[] {
    return this.#informer.list();
  }

  /** Resolves once everything was listed; throws what the API server says against it. */
  async start(): Promise<void> {
    if (this.#stopped) return;
    const failures = this.#failures;
    await this.#informer.start();
    // A list that failed is told as an event, too.
    this.#current = failures === this.#failures;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#informer.stop();
  }
}
