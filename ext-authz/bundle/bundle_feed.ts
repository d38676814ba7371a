import { setTimeout as sleep } from 'node:timers/promises';
import { unpackBundle } from '../../compiler/bundle_tar.ts';
import { CasaError } from '../../policies/errors.ts';
import { paths } from '../../policies/wire.ts';
import { bundleWaitSeconds, pollRetryMs } from '../limits.ts';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';
import { type LoadedPolicy, loadPolicy } from './loaded_policy.ts';

export interface BundleWatcher {
  loaded(policy: LoadedPolicy): void;
  /** The runtime has no policy for this MAS any more. */
  withdrawn(): void;
  failed(error: unknown): void;
}

/** The bundle in force, kept up to date with the runtime; the last good one serves while the runtime is away. */
export class BundleFeed {
  readonly #runtime: RuntimeClient;
  readonly #mas: string;
  readonly #watcher: BundleWatcher;
  #etag: string | null = null;
  #current: LoadedPolicy | null = null;

  constructor(runtime: RuntimeClient, mas: string, watcher: BundleWatcher) {
    this.#runtime = runtime;
    this.#mas = mas;
    this.#watcher = watcher;
  }

  /** null: no bundle was ever loaded, or the runtime says there is none. */
  get current(): LoadedPolicy | null {
    return this.#current;
  }

  /** Follows the runtime's bundle until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#poll(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#watcher.failed(error);
        await sleep(pollRetryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout((bundleWaitSeconds + 10) * 1000)]);
    const headers: { [name: string]: string } =
      this.#etag === null ? {} : { 'if-none-match': this.#etag, prefer: `wait=${bundleWaitSeconds}` };
    const response = await this.#runtime.get(paths.bundle(this.#mas), headers, limit);
    if (response.status === 304) return;
    if (response.status === 404) {
      this.#current = null;
      this.#watcher.withdrawn();
    }
    if (!response.ok) throw new CasaError('runtime_unavailable', `the bundle's endpoint answered ${response.status}`);
    const bundle = await unpackBundle(new Uint8Array(await response.arrayBuffer()));
    // A bundle that cannot be loaded is not asked for again until it changes.
    this.#etag = response.headers.get('etag');
    this.#current = await loadPolicy(this.#mas, bundle, this.#current);
    this.#watcher.loaded(this.#current);
  }
}
