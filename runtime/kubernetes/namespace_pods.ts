import { CoreV1Api, type KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { KeptInformer } from './kept_informer.ts';

/** The pods of the namespaces that are followed at the moment, all of them. */
export class NamespacePods {
  readonly #config: KubeConfig;
  readonly #told: { readonly changed: () => void; readonly failed: (error: unknown) => void };
  readonly #informers = new Map<string, KeptInformer<V1Pod>>();

  constructor(config: KubeConfig, told: { readonly changed: () => void; readonly failed: (error: unknown) => void }) {
    this.#config = config;
    this.#told = told;
  }

  /** False while a namespace is not listed yet, or its watch is away. */
  get current(): boolean {
    return [...this.#informers.values()].every((informer) => informer.current);
  }

  list(): readonly V1Pod[] {
    return [...this.#informers.values()].flatMap((informer) => informer.list());
  }

  /** Begins and ends watches, so that these namespaces and no others are followed. */
  follow(namespaces: ReadonlySet<string>): void {
    for (const [namespace, informer] of this.#informers) {
      if (namespaces.has(namespace)) continue;
      this.#informers.delete(namespace);
      informer.stop().catch(this.#told.failed);
      this.#told.changed();
    }
    for (const namespace of namespaces) if (!this.#informers.has(namespace)) this.#begin(namespace);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  #begin(namespace: string): void {
    const core = this.#config.makeApiClient(CoreV1Api);
    const list = () => core.listNamespacedPod({ namespace });
    const informer = new KeptInformer(makeInformer<V1Pod>(this.#config, `/api/v1/namespaces/${namespace}/pods`, list), {
      changed: () => this.#told.changed(),
      failed: this.#told.failed,
    });
    this.#informers.set(namespace, informer);
    informer.start().then(() => this.#told.changed(), this.#told.failed);
  }
}
