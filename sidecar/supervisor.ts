import { type FSWatcher, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { EnvoyBootstrap } from '../compiler/envoy/bootstrap.ts';
import { emitEnvoy } from '../compiler/envoy/emit_envoy.ts';
import type { ShownBundle } from '../policies/pep.ts';
import type { SidecarEnvironment } from './environment.ts';
import { envoyArguments } from './envoy.ts';
import { swapEnvoyFiles, writeEnvoyFiles } from './envoy_files.ts';
import { type SidecarPlaces, sidecarPlaces } from './places.ts';
import { KeptProcess } from './process/kept_process.ts';
import { StartedProcess } from './process/started_process.ts';

const extAuthzMain = fileURLToPath(new URL('../ext-authz/main.js', import.meta.url));
const restartDelayMs = 250;

export interface SupervisorLog {
  said(line: string): void;
  failed(error: unknown, message: string): void;
}

/**
 * Keeps ext-authz and Envoy running beside one app. Envoy's configuration is made of the policy that ext-authz decides by: where
 * ext-authz never had one there is no Envoy, and the redirected traffic meets a closed port.
 */
export class Supervisor {
  readonly #environment: SidecarEnvironment;
  readonly #places: SidecarPlaces;
  readonly #log: SupervisorLog;
  readonly #extAuthz: KeptProcess;
  readonly #watcher: FSWatcher;
  /** Aborted, with the error as its reason, when a part ended too often. */
  readonly #broken = new AbortController();
  #envoy: KeptProcess | null = null;
  #emitted: EnvoyBootstrap | null = null;
  #applying: Promise<void> = Promise.resolve();

  private constructor(environment: SidecarEnvironment, log: SupervisorLog) {
    this.#environment = environment;
    this.#log = log;
    this.#places = sidecarPlaces(environment.runDir);
    const { bundleFile, extAuthzConfig } = this.#places;
    writeOwn(extAuthzConfig, extAuthzConfiguration(environment, this.#places));
    rmSync(bundleFile, { force: true });
    this.#watcher = watch(dirname(bundleFile), (_event, name) => {
      if (name === basename(bundleFile)) this.#schedule();
    });
    this.#extAuthz = this.#keep('ext-authz', () => {
      // A policy that nobody decides by is none: this is what `--ready` looks at.
      rmSync(bundleFile, { force: true });
      return [process.execPath, extAuthzMain, '--config', extAuthzConfig];
    });
  }

  static open(environment: SidecarEnvironment, log: SupervisorLog): Supervisor {
    return new Supervisor(environment, log);
  }

  /** Runs until `signal` aborts, then ends everything; throws what broke it before. */
  async untilEnded(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#broken.signal]);
    if (!either.aborted) await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
    this.#watcher.close();
    await this.#applying;
    await this.#envoy?.stop();
    await this.#extAuthz.stop();
    if (this.#broken.signal.aborted) throw this.#broken.signal.reason;
  }

  #schedule(): void {
    this.#applying = this.#applying.then(() =>
      this.#apply().catch((error: unknown) => this.#log.failed(error, 'the policy could not be applied')),
    );
  }

  /** Starts Envoy with what the policy in force makes of it, if that is not what it runs with. */
  async #apply(): Promise<void> {
    const shown = readBundle(this.#places.bundleFile);
    // Without a policy ext-authz denies everything: Envoy goes on asking it.
    const { app, appPorts, accessLog, envoy } = this.#environment;
    if (shown === null || envoy === null) return;
    const { checkSocket, adminSocket, envoyConfig } = this.#places;
    const options = { mode: 'sidecar', app, appPorts, ipv6: hasIpv6(), checkSocket, adminSocket, accessLog } as const;
    const emitted = emitEnvoy(shown, options);
    const before = this.#emitted;
    this.#emitted = emitted;
    if (before !== null && isDeepStrictEqual(before, emitted)) return;
    if (before !== null && (await swapEnvoyFiles(this.#places, before, emitted))) {
      this.#log.said(`Envoy went over to revision ${shown.revision}`);
      return;
    }
    await this.#envoy?.stop();
    writeEnvoyFiles(this.#places, emitted);
    this.#envoy = this.#keep('envoy', () => [envoy, ...envoyArguments(envoyConfig)]);
    this.#log.said(`Envoy starts with revision ${shown.revision}`);
  }

  #keep(name: string, argv: () => readonly string[]): KeptProcess {
    const { PATH = '', NODE_EXTRA_CA_CERTS } = process.env;
    const env = { PATH, ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }) };
    return new KeptProcess({
      start: () => new StartedProcess({ name, argv: argv(), env, cwd: '/', log: null }),
      restartDelayMs,
      say: (line) => this.#log.said(line),
      started: () => undefined,
      gaveUp: (error) => this.#broken.abort(error),
    });
  }
}

/** Whether this network has an address of that family: without one Envoy might not be able to listen. */
function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8') !== '';
  } catch {
    return false;
  }
}

function extAuthzConfiguration(environment: SidecarEnvironment, places: SidecarPlaces): string {
  const { mas, app, namespace, runtimeUrl, keycloakUrl, tokenFile } = environment;
  const { checkSocket: socketPath, bundleFile } = places;
  const upstreams = { runtimeUrl, keycloakUrl };
  return JSON.stringify({ mas, app, namespace, ...upstreams, tokenFile, socketPath, bundleFile, peersFeed: true });
}

function readBundle(path: string): ShownBundle | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ShownBundle; // written whole by our ext-authz
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function writeOwn(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}
