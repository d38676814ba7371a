/** The controller: watches the custom resources, and makes the runtime and their status what they say. */
import {
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from '@kubernetes/client-node';
import type { FastifyBaseLogger } from 'fastify';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { Parts } from '../parts.ts';
import { masOfAction, openApplyAction } from './apply_action.ts';
import { IstioReconciler } from './istio/istio_reconciler.ts';
import { KeptInformer } from './kept_informer.ts';
import { LeaseHolder, leaseRenewMs } from './lease.ts';
import { readyApps } from './ready_apps.ts';
import { type CustomKind, type CustomResource, parseCustomResource, plurals } from './reconcile/custom_resource.ts';
import { judgeWorld } from './reconcile/judge_world.ts';
import { planReconcile } from './reconcile/plan_reconcile.ts';
import type { WatchedCluster } from './watched_cluster.ts';

/** Changes that come together are reconciled together. */
const settleMs = 50;
/** What a lost event or a failed write left behind is seen to at the latest then. */
export const resyncMs = 30_000;
const retryMs = 1_000;

export interface ControllerOptions {
  readonly config: KubeConfig;
  /** Started, and ended, by whoever made it. */
  readonly cluster: WatchedCluster;
  readonly parts: Parts;
  readonly modules: PolicyModules;
  readonly logger: FastifyBaseLogger;
  /** Where the Lease is. */
  readonly namespace: string;
  readonly identity: string;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #lease: LeaseHolder;
  readonly #apply: ReturnType<typeof openApplyAction>;
  readonly #istio: IstioReconciler;
  readonly #informers: Readonly<Record<CustomKind, KeptInformer<KubernetesObject>>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #scheduled: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #renewing: Promise<void> = Promise.resolve();
  #listed = false;
  #stopped = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { config, namespace, identity } = options;
    this.#lease = new LeaseHolder({
      config,
      namespace,
      name: 'casa-runtime',
      identity,
      nowMs: () => performance.now(),
    });
    this.#apply = openApplyAction(config, options.parts);
    this.#istio = new IstioReconciler({
      config,
      policies: options.parts.policies,
      resyncMs,
      nowMs: () => performance.now(),
      leads: () => !this.#stopped && this.#lease.holds(),
      changed: () => this.#schedule(settleMs),
      failed: (error, what) => this.#warn(error, `was not done: ${what}`),
    });
    const custom = config.makeApiClient(CustomObjectsApi);
    const watch = (kind: CustomKind) => {
      const plural = plurals[kind];
      const list = async () =>
        // `as`: a list, as the API server answers for a kind it knows.
        (await custom.listCustomObjectForAllNamespaces({
          group: 'casa.io',
          version: 'v1alpha1',
          plural,
        })) as KubernetesListObject<KubernetesObject>;
      return new KeptInformer(makeInformer(config, `/apis/casa.io/v1alpha1/${plural}`, list), {
        changed: () => this.#schedule(settleMs),
        failed: (error) => this.#warn(error, 'a watch ended, and starts again'),
      });
    };
    this.#informers = { MultiAgentSystem: watch('MultiAgentSystem'), CASAPolicy: watch('CASAPolicy') };
    options.cluster.onChange(() => this.#schedule(settleMs));
  }

  /** Resolves once everything was listed; throws what the API server says against it. */
  async start(): Promise<void> {
    for (const informer of Object.values(this.#informers)) await informer.start();
    await this.#istio.start();
    this.#listed = true;
    this.#repeat(leaseRenewMs, () => {
      this.#renewing = this.#hold();
    });
    this.#repeat(resyncMs, () => this.#schedule(0));
    await this.#hold();
  }

  leads(): boolean {
    return this.#lease.holds();
  }

  /** Everything as last seen. */
  resources(): readonly CustomResource[] {
    return (['MultiAgentSystem', 'CASAPolicy'] as const).flatMap((kind) =>
      this.#informers[kind]
        .list()
        .map((object) => parseCustomResource(object, kind))
        .filter((resource) => resource !== null),
    );
  }

  /** Ends watching, waits for what is being done, and lets another lead. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#scheduled !== null) clearTimeout(this.#scheduled);
    await Promise.all(Object.values(this.#informers).map((informer) => informer.stop()));
    await this.#istio.stop();
    await Promise.all([this.#running, this.#renewing]);
    await this.#lease.release().catch((error: unknown) => this.#warn(error, 'the lease was not released'));
  }

  async #hold(): Promise<void> {
    const before = this.#lease.holds();
    try {
      if ((await this.#lease.tryHold()) && !before) {
        this.#options.logger.info({ identity: this.#options.identity }, 'leads');
        this.#schedule(0);
      }
    } catch (error) {
      this.#warn(error, 'the lease could not be asked for');
    }
  }

  #repeat(everyMs: number, task: () => void): void {
    this.#timers.add(setInterval(task, everyMs));
  }

  #schedule(afterMs: number): void {
    if (this.#stopped || this.#scheduled !== null) return;
    this.#scheduled = setTimeout(() => {
      this.#scheduled = null;
      this.#running = this.#running.then(() =>
        this.#reconcile().catch((error: unknown) => this.#warn(error, 'was not reconciled')),
      );
    }, afterMs);
  }

  async #reconcile(): Promise<void> {
    const { parts, modules } = this.#options;
    if (this.#stopped || !this.#listed || !this.#lease.holds()) return;
    const resources = this.resources();
    const serving = new Map(
      parts.policies.names().map((mas) => [mas, parts.policies.get(mas)?.revision ?? ''] as const),
    );
    const observed = { resources, serving, readyApps: readyApps(this.#options.cluster.pods()) };
    const desired = await judgeWorld(resources, modules, (mas) => parts.policies.get(mas)?.discovered ?? {});
    const failed = new Set<string>();
    for (const action of planReconcile(observed, desired, new Date(parts.world.now()).toISOString())) {
      const mas = masOfAction(action);
      if (failed.has(mas)) continue;
      // INVARIANT: only the leader writes.
      if (this.#stopped || !this.#lease.holds()) return;
      try {
        await this.#apply(action);
      } catch (error) {
        failed.add(mas);
        this.#options.logger.warn({ err: error, mas, action: action.kind }, 'was not done');
      }
    }
    if (failed.size > 0) this.#schedule(retryMs);
    await this.#istio.reconcile(resources);
  }

  #warn(error: unknown, message: string): void {
    this.#options.logger.warn({ err: error }, message);
  }
}
