import {
  type Informer,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  type ObjectCache,
} from '@kubernetes/client-node';

const againMs = 1_000;

export interface WatchSpec<T extends KubernetesObject> {
  readonly path: string;
  readonly list: () => Promise<KubernetesListObject<T>>;
  readonly labelSelector?: string;
}

/** What the API server has of one kind, kept up to date; while it is away, what was last seen. */
export class KeptWatch<T extends KubernetesObject> {
  readonly #informer: Informer<T> & ObjectCache<T>;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(config: KubeConfig, spec: WatchSpec<T>, failed: (error: unknown) => void) {
    this.#informer = makeInformer(config, spec.path, spec.list, spec.labelSelector);
    this.#informer.on('error', (error: unknown) => {
      if (this.#isStopped) return;
      failed(error);
      this.#timer = setTimeout(() => void this.#informer.start().catch(failed), againMs);
    });
  }

  /** Resolves once everything was listed; rejects with what the API server says against it. */
  async start(): Promise<void> {
    await this.#informer.start();
  }

  list(): readonly T[] {
    return this.#informer.list();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#informer.stop();
  }
}
