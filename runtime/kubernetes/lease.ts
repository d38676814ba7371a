/** One leader among the replicas, by a Lease: `planLease` decides, `LeaseHolder` asks the API server. */
import { CoordinationV1Api, type KubeConfig, V1MicroTime } from '@kubernetes/client-node';
import { statusCode } from './status_code.ts';

export const leaseDurationMs = 15_000;
export const leaseRenewMs = 5_000;

export interface LeaseState {
  readonly holder: string | null;
  /** Changes with every write; clocks of other machines are not asked. */
  readonly version: string;
}

/** When this replica first saw the lease in its present version, by its own clock. */
export interface LeaseSeen {
  readonly version: string;
  readonly sinceMs: number;
}

export type LeaseStep = 'create' | 'renew' | 'take' | 'wait';

/** INVARIANT: a lease of another is taken only after it stood unchanged before our eyes for its whole duration. */
export function planLease(lease: LeaseState | null, me: string, seen: LeaseSeen | null, nowMs: number): LeaseStep {
  if (lease === null) return 'create';
  if (lease.holder === me) return 'renew';
  if (lease.holder === null || lease.holder === '') return 'take';
  if (seen === null || seen.version !== lease.version) return 'wait';
  return nowMs - seen.sinceMs >= leaseDurationMs ? 'take' : 'wait';
}

export interface LeaseOptions {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other replica. */
  readonly identity: string;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export class LeaseHolder {
  readonly #api: CoordinationV1Api;
  readonly #options: LeaseOptions;
  #seen: LeaseSeen | null = null;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#api = options.config.makeApiClient(CoordinationV1Api);
  }

  /** False as soon as another could have taken the lease, also when the API server is away. */
  holds(): boolean {
    return this.#options.nowMs() < this.#heldUntilMs;
  }

  /** Takes or renews the lease if that is right; whether this replica leads. */
  async tryHold(): Promise<boolean> {
    const { namespace, name, identity, nowMs } = this.#options;
    const startedMs = nowMs();
    const lease = await this.#api.readNamespacedLease({ namespace, name }).catch((error: unknown) => {
      if (statusCode(error) === 404) return null;
      throw error;
    });
    const version = lease?.metadata?.resourceVersion ?? '';
    const state = lease === null ? null : { holder: lease.spec?.holderIdentity ?? null, version };
    const step = planLease(state, identity, this.#seen, startedMs);
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: startedMs };
    if (step === 'wait') {
      this.#heldUntilMs = Number.NEGATIVE_INFINITY;
      return false;
    }
    const body = {
      metadata: { name, namespace, ...(lease === null ? {} : { resourceVersion: version }) },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: leaseDurationMs / 1000,
        renewTime: new V1MicroTime(),
      },
    };
    try {
      if (step === 'create') await this.#api.createNamespacedLease({ namespace, body });
      else await this.#api.replaceNamespacedLease({ namespace, name, body });
    } catch (error) {
      // Somebody else was quicker.
      if (statusCode(error) === 409) return this.holds();
      throw error;
    }
    this.#heldUntilMs = startedMs + leaseDurationMs;
    return true;
  }

  /** Lets another lead at once. */
  async release(): Promise<void> {
    if (!this.holds()) return;
    const { namespace, name, identity } = this.#options;
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    const lease = await this.#api.readNamespacedLease({ namespace, name });
    if (lease.spec?.holderIdentity !== identity) return;
    const { holderIdentity: _, ...spec } = lease.spec;
    await this.#api.replaceNamespacedLease({ namespace, name, body: { ...lease, spec } });
  }
}
