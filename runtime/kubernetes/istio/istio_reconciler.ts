/** Makes the mesh what the served MAS say, as often as it must. */
import { CoreV1Api, type KubeConfig, makeInformer, type V1Namespace } from '@kubernetes/client-node';
import type { PolicySet } from '../../policy/policy_set.ts';
import { KeptInformer } from '../kept_informer.ts';
import { type CustomResource, masName } from '../reconcile/custom_resource.ts';
import { type IstioApi, openIstioApi } from './istio_api.ts';
import { type ObservedMesh, planIstio } from './plan_istio.ts';

/** Where Istio puts its own proxy into pods. */
const meshed = 'istio-injection=enabled';

export interface IstioReconcilerOptions {
  readonly config: KubeConfig;
  readonly policies: PolicySet;
  /** The API server is asked again after so long, whatever was seen. */
  readonly resyncMs: number;
  readonly nowMs: () => number;
  /** Whether this one may write. */
  readonly leads: () => boolean;
  /** A namespace joined the mesh or left it. */
  readonly changed: () => void;
  readonly failed: (error: unknown, what: string) => void;
}

export class IstioReconciler {
  readonly #options: IstioReconcilerOptions;
  readonly #api: IstioApi;
  readonly #namespaces: KeptInformer<V1Namespace>;
  #done = { key: '', atMs: Number.NEGATIVE_INFINITY };

  constructor(options: IstioReconcilerOptions) {
    const { config, changed, failed } = options;
    this.#options = options;
    this.#api = openIstioApi(config);
    const core = config.makeApiClient(CoreV1Api);
    const list = () => core.listNamespace({ labelSelector: meshed });
    this.#namespaces = new KeptInformer(makeInformer(config, '/api/v1/namespaces', list, meshed), {
      changed,
      failed: (error) => failed(error, 'the watch of namespaces'),
    });
  }

  start(): Promise<void> {
    return this.#namespaces.start();
  }

  stop(): Promise<void> {
    return this.#namespaces.stop();
  }

  /** Does nothing where nothing can have changed, or where the cluster has no Istio. */
  async reconcile(resources: readonly CustomResource[]): Promise<void> {
    const { policies, resyncMs, leads, failed } = this.#options;
    const served = policies.names().flatMap((mas) => policies.get(mas) ?? []);
    const mesh = this.#mesh(resources);
    const revisions = served.map(({ mas, revision }) => [mas, revision]);
    const key = JSON.stringify([[...mesh.namespaces].sort(), [...mesh.unsettled].sort(), revisions]);
    const nowMs = this.#options.nowMs();
    // While the watch is away a namespace may have left the mesh, or not: nothing is taken away on a guess.
    if (!this.#namespaces.current || (key === this.#done.key && nowMs - this.#done.atMs < resyncMs)) return;
    const objects = await this.#api.list();
    let whole = true;
    for (const action of objects === null ? [] : planIstio({ ...mesh, objects }, served)) {
      // INVARIANT: only the leader writes.
      if (!leads()) return;
      try {
        await this.#api.apply(action);
      } catch (error) {
        whole = false;
        failed(error, `${action.kind} of an Istio object`);
      }
    }
    if (whole) this.#done = { key, atMs: nowMs };
  }

  #mesh(resources: readonly CustomResource[]): Omit<ObservedMesh, 'objects'> {
    const alive = resources.filter(
      ({ kind, metadata }) => kind === 'MultiAgentSystem' && metadata.deletionTimestamp === undefined,
    );
    const unserved = alive.filter((system) => this.#options.policies.get(masName(system)) === null);
    return {
      namespaces: new Set(this.#namespaces.list().map(({ metadata }) => metadata?.name ?? '')),
      unsettled: new Set(unserved.map(({ metadata }) => metadata.namespace)),
    };
  }
}
