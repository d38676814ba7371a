import { join } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import type { StartedProcess } from '../../sidecar/process/started_process.ts';
import type { Plan } from '../plan/planned.ts';
import {
  databaseUrl,
  makeDatabase,
  makePostgresPlace,
  postgresReady,
  startPostgres,
} from '../postgres/start_postgres.ts';
import type { Places } from '../start/places.ts';
import type { SemanticOptions } from '../start/semantic_options.ts';
import type { LocalKeycloak } from '../start/start_keycloak.ts';
import { type RuntimeReady, runtimeReady, type StoreFlags, startRuntime } from '../start/start_runtime.ts';
import { Spreader } from './spreader.ts';

/** Where a run keeps its state, and how many runtimes stand before it. */
export interface StoreOptions {
  readonly store: 'embedded' | 'postgres';
  readonly replicas: number;
}

/** What is kept running under which name. */
export interface KeptPart {
  readonly role: 'runtime' | 'store';
  /** Counted from 1; null: there is one only. */
  readonly replica: number | null;
}

export interface ReplicasParts {
  readonly plan: Plan;
  readonly places: Places;
  readonly options: StoreOptions;
  readonly semantic: SemanticOptions;
  readonly keycloak: LocalKeycloak | null;
  /** Starts a process, and again whenever it ends; the first one. */
  readonly keep: (part: KeptPart, start: () => StartedProcess) => StartedProcess;
}

export const replicasMax = 8;

/** The runtimes of one run behind one URL, and the database that they share. */
export class Replicas {
  readonly #parts: ReplicasParts;
  #spreader: Spreader | null = null;
  #urls: readonly string[] = [];
  #isClosed = false;

  constructor(parts: ReplicasParts) {
    const { store, replicas } = parts.options;
    if (!Number.isInteger(replicas) || replicas < 1 || replicas > replicasMax) {
      throw new CasaError('configuration_invalid', `there can be 1 to ${replicasMax} replicas`);
    }
    if (store === 'embedded' && replicas > 1) {
      throw new CasaError('configuration_invalid', 'several replicas need `--store postgres`');
    }
    this.#parts = parts;
  }

  /** Each runtime's own URL, once they are ready. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  /** Starts them all; where they are reached together, once each of them is ready. */
  async start(): Promise<RuntimeReady> {
    if (this.#parts.options.store === 'embedded') {
      const ready = await this.#startOne(null, { 'data-dir': join(this.#parts.places.state, 'db') });
      this.#urls = [ready.url];
      return ready;
    }
    const spreader = await Spreader.open();
    this.#spreader = spreader;
    if (this.#isClosed) await spreader.close();
    const url = `http://127.0.0.1:${spreader.port}`;
    const flags = {
      'database-url': await this.#startStore(),
      'base-url': url,
      'key-file': join(this.#parts.places.state, 'runtime.key'),
    };
    const numbers = Array.from({ length: this.#parts.options.replicas }, (_, index) => index + 1);
    const all = await Promise.all(numbers.map((number) => this.#startOne(number, flags)));
    this.#urls = all.map((ready) => ready.url);
    spreader.spreadOver(this.#urls.map((own) => Number(new URL(own).port)));
    return { url, signInUrl: all[0]?.signInUrl ?? '' };
  }

  /** Ends what is no process; the processes are ended by whoever keeps them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#spreader?.close();
  }

  async #startStore(): Promise<string> {
    const { plan, places, keep } = this.#parts;
    const place = makePostgresPlace(plan, places);
    await makeDatabase(place);
    const server = keep({ role: 'store', replica: null }, () => startPostgres(place));
    await server.firstLine(postgresReady);
    return databaseUrl(place);
  }

  async #startOne(replica: number | null, store: StoreFlags): Promise<RuntimeReady> {
    const { places, semantic, keycloak, keep } = this.#parts;
    let before: RuntimeReady | null = null;
    const start = () => startRuntime(places, { replica, store, semantic, keycloak, before });
    // Started again, it listens where the others look for it.
    before = await keep({ role: 'runtime', replica }, start).firstLine(runtimeReady);
    return before;
  }
}
