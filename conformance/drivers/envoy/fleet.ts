import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledMas, compile } from '../../../compiler/compile.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { Behaviour } from '../../format/behaviour.ts';
import { addressBook } from '../../journey/addresses.ts';
import { type AppRef, appKey } from '../../journey/app_ref.ts';
import { Callee } from './callee.ts';
import { checkSocket, type EmitEnvoy, Station } from './station.ts';

/** The Envoys of one set of resources: each started when it is first needed, all kept for the next behaviour that has the same. */
export class Fleet {
  readonly elsewhere: Callee;
  readonly #emit: EmitEnvoy;
  readonly #folder: string;
  readonly #compiled: ReadonlyMap<string, CompiledMas>;
  readonly #addresses: ReadonlyMap<string, string>;
  /** By `appKey`, in the order of first use. */
  readonly #folders = new Map<string, string>();
  readonly #stations = new Map<string, Station>();

  private constructor(emit: EmitEnvoy, elsewhere: Callee, folder: string, behaviour: Behaviour) {
    this.#emit = emit;
    this.elsewhere = elsewhere;
    this.#folder = folder;
    this.#compiled = new Map(compile(behaviour).systems.map((compiled) => [compiled.mas, compiled]));
    this.#addresses = addressBook(behaviour.systems);
  }

  static async open(emit: EmitEnvoy, parent: string, behaviour: Behaviour): Promise<Fleet> {
    return new Fleet(emit, await Callee.open(), mkdtempSync(join(parent, 'f-')), behaviour);
  }

  /** Starts the Envoys of these apps, as far as they are not running. */
  async start(apps: readonly AppRef[]): Promise<void> {
    const missing = apps.filter((app) => !this.#stations.has(appKey(app)));
    const opened = await Promise.allSettled(missing.map((app) => this.#open(app)));
    for (const result of opened) {
      if (result.status === 'fulfilled') this.#stations.set(appKey(result.value.app), result.value);
    }
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  station(app: AppRef): Station {
    const station = this.#stations.get(appKey(app));
    if (station === undefined) throw new CasaError('bug', `the Envoy of \`${appKey(app)}\` was not started`);
    return station;
  }

  /** Where the enforcement point of the app is asked. */
  checkSocket(app: AppRef): string {
    return checkSocket(this.#folderOf(app));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stations.values()].map((station) => station.close()));
    await this.elsewhere.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(app: AppRef): Promise<Station> {
    const compiled = this.#compiled.get(app.mas);
    if (compiled === undefined) throw new CasaError('bug', `\`${app.mas}\` was not compiled`);
    return Station.open(app, {
      emit: this.#emit,
      compiled,
      folder: this.#folderOf(app),
      addresses: this.#addresses,
      elsewhere: this.elsewhere,
      inboundPort: (other) => this.#stations.get(appKey({ mas: app.mas, app: other }))?.inboundPort ?? null,
    });
  }

  /** Short: the path of a unix socket has 107 bytes. */
  #folderOf(app: AppRef): string {
    const known = this.#folders.get(appKey(app)) ?? join(this.#folder, String(this.#folders.size));
    this.#folders.set(appKey(app), known);
    return known;
  }
}
