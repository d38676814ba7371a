import { chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import type { CompiledMas } from '../../compiler/compile.ts';
import { type EnvoyOptions, proxyUid } from '../../compiler/envoy/options.ts';
import { CasaError } from '../../policies/errors.ts';
import { envoyArguments, envoyServes } from '../../sidecar/envoy.ts';
import { until } from '../../sidecar/process/listening.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { reachableNode, type Sandbox, sandboxed, showFolder } from '../../sidecar/process/sandbox.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import { cgroupOf } from '../kernel/cgroups.ts';
import type { Plan, PlannedApp } from '../plan/planned.ts';
import type { EnvoyMaker } from './envoy_maker.ts';
import { makeKey } from './make_key.ts';
import { accessLogFolder, casaFolder, type Places, proxyFolder } from './places.ts';

/** Where `scripts/install_envoy.mjs` puts it. */
const envoyInCasa = '.tools/envoy-1.40.0/envoy';
const extAuthzInCasa = 'dist/ext-authz/main.js';

/** An app of a MAS: what has an Envoy. */
export type ProxiedApp = PlannedApp & { readonly compiled: CompiledMas };

export function isProxied(app: PlannedApp): app is ProxiedApp {
  return app.compiled !== null;
}

/** A key pair for one enforcement point: the private half into its folder, the public half to be registered. */
export async function makePepKey(plan: Plan, places: Places, app: ProxiedApp): Promise<JWK> {
  const { privateJwk, publicJwk } = await makeKey(`${plan.id}-${app.name}`);
  writeForProxy(plan, keyFile(places, app), privateJwk);
  return publicJwk;
}

/** Starts the app's Envoy; it refuses everything until ext-authz is there. */
export function startEnvoy(plan: Plan, places: Places, app: ProxiedApp, envoy: EnvoyMaker): StartedProcess {
  if (!existsSync(join(casaFolder, envoyInCasa))) {
    throw new CasaError('tool_missing', 'Envoy is not installed: run `node scripts/install_envoy.mjs`');
  }
  const config = join(proxyFolder(places, app), 'envoy.json');
  writeForProxy(plan, config, envoy.make(app.compiled, envoyOptions(plan, places, app)));
  const log = { from: accessLogFolder(places, app), to: join(proxyFolder(places, app), 'log'), writable: true };
  const cgroup = cgroupOf(places.cgroups, app, 'envoy');
  const place = { namespace: app.namespace, cgroup, mounts: [log] };
  return startProxyProcess(plan, places, app, 'envoy', place, (casa) => [
    join(casa, envoyInCasa),
    ...envoyArguments(config),
  ]);
}

/** Resolves when Envoy says that it serves. */
export async function untilEnvoyServes(places: Places, app: ProxiedApp, signal: AbortSignal): Promise<void> {
  const socketPath = adminSocket(places, app);
  await until(() => envoyServes(socketPath), signal);
}

/** Starts the app's ext-authz in this machine's own network: it must reach the runtime on loopback. */
/** Where an enforcement point finds the runtime, and the Keycloak that knows it, if there is one. */
export interface Upstreams {
  readonly runtimeUrl: string;
  readonly keycloakUrl: string | null;
}

export function startExtAuthz(plan: Plan, places: Places, app: ProxiedApp, upstreams: Upstreams): StartedProcess {
  const config = join(proxyFolder(places, app), 'ext-authz.json');
  writeForProxy(plan, config, {
    mas: app.compiled.mas,
    app: app.name,
    namespace: app.compiled.pep.namespace,
    ...upstreams,
    clientKeyFile: keyFile(places, app),
    socketPath: checkSocket(places, app),
    peersFile: places.peersFile,
  });
  const place = { namespace: null, cgroup: null, mounts: [] };
  return startProxyProcess(plan, places, app, 'ext-authz', place, (casa, node) => [
    node,
    join(casa, extAuthzInCasa),
    '--config',
    config,
  ]);
}

/** The file by which each ext-authz knows who calls: every address of this run. */
export function writePeers(plan: Plan, places: Places): void {
  const peers = plan.apps.flatMap(({ address, compiled, name }) =>
    compiled === null ? [] : [{ address, mas: compiled.mas, app: name }],
  );
  writeForProxy(plan, places.peersFile, peers);
}

type ProxyArgv = (casa: string, node: string) => readonly string[];

function startProxyProcess(
  plan: Plan,
  places: Places,
  app: ProxiedApp,
  program: string,
  place: Pick<Sandbox, 'namespace' | 'cgroup' | 'mounts'>,
  argv: ProxyArgv,
): StartedProcess {
  const spec = {
    name: `${program} of ${app.name}`,
    env: { PATH: process.env.PATH ?? '' },
    log: join(places.logs, `${program}-${app.name}.log`),
  };
  if (plan.mode === 'ports') {
    return new StartedProcess({ ...spec, argv: mortal(argv(casaFolder, process.execPath)), cwd: places.run });
  }
  const casa = join(places.run, 'casa');
  const node = reachableNode(join(places.run, 'node'));
  const sandbox = {
    ...place,
    uid: proxyUid,
    mounts: [...showFolder(casaFolder, casa), ...node.mounts, ...place.mounts],
    cwd: '/',
  };
  return new StartedProcess({ ...spec, argv: sandboxed(sandbox, argv(casa, node.path)), cwd: '/' });
}

function envoyOptions(plan: Plan, places: Places, app: ProxiedApp): EnvoyOptions {
  const logFolder = plan.mode === 'netns' ? join(proxyFolder(places, app), 'log') : accessLogFolder(places, app);
  const common = {
    app: app.name,
    checkSocket: checkSocket(places, app),
    adminSocket: adminSocket(places, app),
    accessLog: join(logFolder, 'access.log'),
  };
  if (app.envoyPorts === null) return { mode: 'sidecar', appPorts: null, ipv6: false, ...common };
  const { inbound, outbound } = app.envoyPorts;
  const toApp = inbound === null || app.listenPort === null ? null : { port: inbound, appPort: app.listenPort };
  return { mode: 'ports', ...common, inbound: toApp, outbound, sourceAddress: app.address };
}

function writeForProxy(plan: Plan, path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value), { mode: 0o600 });
  if (plan.mode === 'netns') chownSync(path, proxyUid, proxyUid);
}

function keyFile(places: Places, app: PlannedApp): string {
  return join(proxyFolder(places, app), 'key.json');
}

export function checkSocket(places: Places, app: PlannedApp): string {
  return join(proxyFolder(places, app), 'check.sock');
}

export function adminSocket(places: Places, app: PlannedApp): string {
  return join(proxyFolder(places, app), 'admin.sock');
}
