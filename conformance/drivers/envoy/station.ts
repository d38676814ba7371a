import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledMas } from '../../../compiler/compile.ts';
import { destinationCluster } from '../../../compiler/envoy/clusters.ts';
import { type HttpDestination, httpDestinations } from '../../../compiler/envoy/destinations.ts';
import type { emitEnvoy } from '../../../compiler/envoy/emit_envoy.ts';
import { findWorkload } from '../../../compiler/envoy/workload.ts';
import { addressOf } from '../../journey/addresses.ts';
import type { AppRef } from '../../journey/app_ref.ts';
import { Callee } from './callee.ts';
import { type RunningEnvoy, startEnvoy } from './envoy_process.ts';
import { onThisMachine } from './on_this_machine.ts';
import { Wire } from './wire.ts';

/** Makes a sidecar's configuration. */
export type EmitEnvoy = typeof emitEnvoy;

/** What an app's place is made of, beside what is the app's own. */
export interface Surroundings {
  readonly emit: EmitEnvoy;
  readonly compiled: CompiledMas;
  /** Of this app alone; made here. */
  readonly folder: string;
  readonly addresses: ReadonlyMap<string, string>;
  /** Plays the LLM and every other place that is no app. */
  readonly elsewhere: Callee;
  /** Where the Envoy of another app of the system accepts connections; null: it was not started. */
  readonly inboundPort: (app: string) => number | null;
}

/** One app with its real Envoy, and the wires that lead from it to other apps. */
export class Station {
  readonly app: AppRef;
  readonly callee: Callee;
  readonly #envoy: RunningEnvoy;
  readonly #wires: ReadonlyMap<string, Wire>;

  private constructor(app: AppRef, callee: Callee, envoy: RunningEnvoy, wires: ReadonlyMap<string, Wire>) {
    this.app = app;
    this.callee = callee;
    this.#envoy = envoy;
    this.#wires = wires;
  }

  static async open(app: AppRef, around: Surroundings): Promise<Station> {
    mkdirSync(around.folder, { mode: 0o700 });
    const callee = await Callee.open();
    const wires = new Map<string, Wire>();
    const destinations = new Map<string, number>();
    for (const destination of httpDestinations(findWorkload(around.compiled, app.app))) {
      const other = appAt(around.compiled, destination);
      if (other !== null) wires.set(other, await openWire(app, other, around));
      const port = other === null ? around.elsewhere.port : wires.get(other)?.port;
      if (port !== undefined) destinations.set(destinationCluster(destination), port);
    }
    const emitted = around.emit(around.compiled, {
      mode: 'sidecar',
      app: app.app,
      checkSocket: checkSocket(around.folder),
      adminSocket: join(around.folder, 'admin.sock'),
      accessLog: join(around.folder, 'access.log'),
      appPorts: null,
      ipv6: false,
    });
    const bootstrap = onThisMachine(emitted, { app: callee.port, destinations });
    try {
      return new Station(app, callee, await startEnvoy(app.app, around.folder, bootstrap), wires);
    } catch (error) {
      await Promise.all([callee.close(), ...[...wires.values()].map((wire) => wire.close())]);
      throw error;
    }
  }

  get inboundPort(): number {
    return this.#envoy.inboundPort;
  }

  get outboundPort(): number {
    return this.#envoy.outboundPort;
  }

  /** null: the policy of this app does not name the other. */
  wireTo(app: AppRef): Wire | null {
    return app.mas === this.app.mas ? (this.#wires.get(app.app) ?? null) : null;
  }

  async close(): Promise<void> {
    await this.#envoy.stop();
    await Promise.all([this.callee.close(), ...[...this.#wires.values()].map((wire) => wire.close())]);
  }
}

/** Where the Envoy of this folder asks. */
export function checkSocket(folder: string): string {
  return join(folder, 'check.sock');
}

function openWire(from: AppRef, other: string, around: Surroundings): Promise<Wire> {
  const to = { address: addressOf(around.addresses, { mas: from.mas, app: other }), port: portOf(around, other) };
  return Wire.open(addressOf(around.addresses, from), to, () => around.inboundPort(other));
}

function portOf({ compiled }: Surroundings, app: string): number {
  return compiled.pep.apps[app]?.port ?? 0;
}

function appAt({ pep }: CompiledMas, { kind, host, port }: HttpDestination): string | null {
  if (kind !== 'app') return null;
  return Object.entries(pep.apps).find(([, app]) => app.host === host && app.port === port)?.[0] ?? null;
}
