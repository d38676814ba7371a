import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { KeptProcess } from '../sidecar/process/kept_process.ts';
import { markProcess, type ProcessMark } from '../sidecar/process/process_mark.ts';
import type { StartedProcess } from '../sidecar/process/started_process.ts';
import type { LocalFile, LocalStep } from './file/local_file.ts';
import { cgroupsFolder } from './kernel/cgroups.ts';
import { prepareKernelLayer, removeKernelLayer, startNodeAgent, systemsOf } from './kernel/kernel_layer.ts';
import type { LoadedManifests } from './load_manifests.ts';
import { appLog, appState, type LocalState, type RunningProcess } from './local_state.ts';
import { applyNetwork, removeNetwork } from './network/netns.ts';
import type { Plan, PlannedApp } from './plan/planned.ts';
import { Replicas, type ReplicasParts, type StoreOptions } from './replicas/replicas.ts';
import { removeRecord, writeRecord } from './run_record.ts';
import type { EnvoyMaker } from './start/envoy_maker.ts';
import { makePlaces, type Places } from './start/places.ts';
import type { SemanticOptions } from './start/semantic_options.ts';
import { startAsApp, startReport, untilAppListens } from './start/start_app.ts';
import { type LocalKeycloak, makeKeycloak, startKeycloak, untilKeycloakServes } from './start/start_keycloak.ts';
import * as pep from './start/start_pep.ts';
import { makeAdminToken, type RuntimeReady, readyLine, register } from './start/start_runtime.ts';

export type Say = (line: string) => void;

export interface RunParts {
  readonly plan: Plan;
  /** Why the kernel does not hold apps to their rows; null: it shall. */
  readonly whyNoKernel: string | null;
  readonly file: LocalFile;
  readonly manifests: LoadedManifests;
  readonly say: Say;
  readonly semantic: SemanticOptions;
  readonly store: StoreOptions;
  /** Ports for a Keycloak as identity provider; null: the runtime is its own. */
  readonly keycloakPorts: readonly number[] | null;
  /** How long a process of CASA's own that ended stays away. */
  readonly restartDelayMs: number;
  readonly envoy: EnvoyMaker;
}

/** All that one `casa local` started on this machine. Whatever happens, `close` leaves nothing of it running. */
export class LocalRun {
  readonly plan: Plan;
  readonly places: Places;
  readonly #file: LocalFile;
  readonly #manifests: LoadedManifests;
  readonly #say: Say;
  readonly #store: StoreOptions['store'];
  readonly #replicas: Replicas;
  readonly #keycloak: LocalKeycloak | null;
  readonly #restartDelayMs: number;
  readonly #envoy: EnvoyMaker;
  readonly #processes: StartedProcess[] = [];
  readonly #kept: KeptProcess[] = [];
  readonly #keptStores: KeptProcess[] = [];
  readonly #running = new Map<string, RunningProcess>();
  readonly #marks: ProcessMark[] = [];
  readonly #broken = new AbortController();
  /** Rejects when the run is broken. */
  readonly #untilBroken: Promise<never>;
  #runtime: RuntimeReady | null = null;
  #whyNoKernel: string | null;
  #nodeKey: JWK | null = null;
  #isClosing = false;

  private constructor(places: Places, parts: RunParts) {
    this.plan = parts.plan;
    this.places = places;
    this.#file = parts.file;
    this.#manifests = parts.manifests;
    this.#say = parts.say;
    this.#keycloak = parts.keycloakPorts === null ? null : makeKeycloak(places, parts.keycloakPorts);
    this.#store = parts.store.store;
    const { plan, semantic, store: options } = parts;
    const keep: ReplicasParts['keep'] = ({ role, replica }, start) => this.#keep(role, null, start, replica).first;
    this.#replicas = new Replicas({ plan, places, options, semantic, keycloak: this.#keycloak, keep });
    this.#restartDelayMs = parts.restartDelayMs;
    this.#envoy = parts.envoy;
    this.#whyNoKernel = parts.whyNoKernel;
    this.#untilBroken = new Promise((_resolve, reject) => {
      this.broken.addEventListener('abort', () => reject(this.broken.reason), { once: true });
    });
    this.#untilBroken.catch(() => {});
  }

  /** Makes the folders and writes down what there will be to clear up. */
  static open(parts: RunParts, state: string): LocalRun {
    const cgroups = parts.whyNoKernel === null ? cgroupsFolder(parts.plan.id) : null;
    const run = new LocalRun(makePlaces(parts.plan, parts.file, state, cgroups), parts);
    run.#record();
    return run;
  }

  /** Aborted, with the error as its reason, when an app has ended, or a process of CASA's own again and again. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** The link that opens the Explorer, once; null before the runtime is ready. */
  get signInUrl(): string | null {
    return this.#runtime?.signInUrl ?? null;
  }

  /** Starts everything; resolves when every part says that it is ready. */
  async start(ended: AbortSignal): Promise<LocalState> {
    const signal = AbortSignal.any([ended, this.broken]);
    const { plan, places } = this;
    makeAdminToken(places);
    const identity = this.#startKeycloak(signal);
    identity.catch(() => {});
    const ready = this.#replicas.start();
    ready.catch(() => {});
    const network = plan.mode === 'netns' ? applyNetwork(plan, this.#envoy) : null;
    await Promise.all([network, this.#startKernelLayer()]);
    pep.writePeers(plan, places);
    const proxied = plan.apps.filter(pep.isProxied);
    const envoys = proxied.map((app) => this.#startEnvoy(app, signal));
    const apps = plan.apps.map((app) => this.#startApp(app, signal));
    const peps = this.#startPeps(proxied, ready, identity);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    aborted.catch(() => {});
    await Promise.race([Promise.all([...envoys, ...apps, peps]), aborted]);
    return this.#writeState(await ready);
  }

  /** Runs one step to its end; its exit code. */
  async step(step: LocalStep): Promise<number> {
    const app = this.plan.apps.find(({ name }) => name === step.app);
    if (app === undefined) return 1;
    const command = { name: `step ${step.name}`, command: step.command, env: step.env, cwd: '.', log: null };
    return this.#toEnd(startAsApp(this.plan, this.places, this.#file, app, command));
  }

  /** Runs the report to its end; its exit code. */
  async report(): Promise<number> {
    const declared = this.#file.report;
    if (declared === null) return 0;
    return this.#toEnd(startReport(this.places, this.#file, { name: 'report', ...declared, cwd: '.', log: null }));
  }

  /** Ends every process and removes what the run left on the machine. `keep`: its configuration and keys stay. */
  async close(keep: boolean): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#kept, ...this.#processes].map((started) => started.stop()));
    // What the runtimes still have to write is written first.
    await Promise.all([...this.#keptStores.map((started) => started.stop()), this.#replicas.close()]);
    if (this.plan.mode === 'netns') {
      await removeNetwork(this.plan.id);
      await removeKernelLayer(this.plan.id, this.places.run);
    }
    if (!keep) rmSync(this.places.run, { recursive: true, force: true });
    removeRecord(this.places.state);
  }

  /** Resolves when each app's cgroup is held to its rows, or it is said why not: before anything runs in them. */
  async #startKernelLayer(): Promise<void> {
    if (this.#whyNoKernel === null) {
      this.#nodeKey = await prepareKernelLayer(this.plan, this.places, this.#keycloak?.url ?? null);
      const agents = systemsOf(this.plan).map(({ mas }) =>
        this.#keep('node-agent', mas, () => startNodeAgent(this.places, mas)),
      );
      await Promise.all(agents.map((agent) => agent.first.firstLine(readyLine))).catch((error: unknown) => {
        for (const agent of agents) void agent.stop();
        this.#whyNoKernel = error instanceof Error ? error.message : String(error);
      });
    }
    const off = this.#whyNoKernel;
    this.#say(off === null ? 'kernel layer on: each app and each Envoy in a cgroup' : `kernel layer off: ${off}`);
  }

  async #startEnvoy(app: pep.ProxiedApp, signal: AbortSignal): Promise<void> {
    const envoy = this.#keep('envoy', app.name, () => pep.startEnvoy(this.plan, this.places, app, this.#envoy)).first;
    const died = envoy.ended.then((code) => Promise.reject(envoy.failure(code)));
    await Promise.race([pep.untilEnvoyServes(this.places, app, signal), died]);
  }

  async #startApp(app: PlannedApp, signal: AbortSignal): Promise<void> {
    const { command, env, cwd } = app.declared;
    if (command === null) return;
    const log = appLog(this.places, app);
    const started = startAsApp(this.plan, this.places, this.#file, app, { name: app.name, command, env, cwd, log });
    this.#watch(app, started);
    await untilAppListens(this.plan, app, started, signal);
  }

  async #startKeycloak(signal: AbortSignal): Promise<void> {
    const keycloak = this.#keycloak;
    if (keycloak === null) return;
    const { first: started } = this.#keep('keycloak', null, () => startKeycloak(this.places, keycloak));
    const died = started.ended.then((code) => Promise.reject(started.failure(code)));
    await Promise.race([untilKeycloakServes(keycloak, this.#say, signal), died]);
  }

  async #startPeps(
    apps: readonly pep.ProxiedApp[],
    runtime: Promise<RuntimeReady>,
    identity: Promise<void>,
  ): Promise<void> {
    const keys = apps.map(async (app) => {
      const key = await pep.makePepKey(this.plan, this.places, app);
      const keys = this.#nodeKey === null ? [key] : [key, this.#nodeKey];
      return { mas: app.compiled.mas, app: app.name, keys };
    });
    // Started again, it listens where the others look for it.
    this.#runtime = await runtime;
    const { url: runtimeUrl } = this.#runtime;
    writeFileSync(this.places.runtimeUrlFile, runtimeUrl);
    this.#say('runtime ready');
    await identity;
    const adminToken = readFileSync(this.places.adminTokenFile, 'utf8').trim();
    const systems = this.#manifests.registrations;
    await register(runtimeUrl, adminToken, { systems, apps: await Promise.all(keys) });
    const keycloakUrl = this.#keycloak?.url ?? null;
    const ready = apps.map((app) => {
      const start = () => pep.startExtAuthz(this.plan, this.places, app, { runtimeUrl, keycloakUrl });
      const started = this.#keep('ext-authz', app.name, start);
      return started.first.firstLine(readyLine);
    });
    await Promise.all(ready);
  }

  #writeState({ url, signInUrl }: RuntimeReady): LocalState {
    const { plan, places } = this;
    const state: LocalState = {
      mode: plan.mode,
      keycloakUrl: this.#keycloak?.url ?? null,
      kernel: { on: this.#whyNoKernel === null, because: this.#whyNoKernel },
      runtimeUrl: url,
      explorerUrl: new URL(signInUrl).origin,
      adminTokenFile: places.adminTokenFile,
      out: places.out,
      apps: plan.apps.map((app) => appState(plan, places, app)),
      store: this.#store,
      replicas: this.#replicas.urls,
      processes: [...this.#running.values()],
    };
    writeFileSync(places.stateFile, JSON.stringify(state, null, 2), { mode: 0o644 });
    return state;
  }

  /** Starts a process of CASA's own, and again whenever it ends before `close`. */
  #keep(
    role: RunningProcess['role'],
    app: string | null,
    start: () => StartedProcess,
    replica: number | null = null,
  ): KeptProcess {
    const kept = new KeptProcess({
      start,
      restartDelayMs: this.#restartDelayMs,
      say: this.#say,
      started: (started) => this.#note({ role, app, replica, pid: started.pid }),
      gaveUp: (error) => this.#broken.abort(error),
    });
    (role === 'store' ? this.#keptStores : this.#kept).push(kept);
    if (this.#isClosing) void kept.stop();
    return kept;
  }

  /** Watches an app, which must go on until `close`. */
  #watch(app: PlannedApp, started: StartedProcess): void {
    this.#track(started);
    this.#note({ role: 'app', app: app.name, replica: null, pid: started.pid });
    void started.ended.then((code) => {
      if (!this.#isClosing) this.#broken.abort(started.failure(code));
    });
  }

  #note(running: RunningProcess): void {
    this.#running.set(`${running.role} ${running.app} ${running.replica}`, running);
    this.#marks.push(markProcess(running.pid));
    this.#record();
    if (this.#runtime !== null) this.#writeState(this.#runtime);
  }

  async #toEnd(started: StartedProcess): Promise<number> {
    this.#track(started);
    this.#marks.push(markProcess(started.pid));
    this.#record();
    return Promise.race([started.ended, this.#untilBroken]);
  }

  #track(started: StartedProcess): void {
    this.#processes.push(started);
    if (this.#isClosing) void started.stop();
  }

  #record(): void {
    const { id, mode } = this.plan;
    const children = this.#marks;
    writeRecord(this.places.state, { id, mode, process: markProcess(process.pid), run: this.places.run, children });
  }
}
