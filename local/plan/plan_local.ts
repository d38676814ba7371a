import type { CompiledMas } from '../../compiler/compile.ts';
import type { Issue } from '../../crds/issue.ts';
import type { LocalApp, LocalFile } from '../file/local_file.ts';
import { nearest } from '../file/read_fields.ts';
import type { EnvoyPorts, Mode, Plan, PlannedApp } from './planned.ts';

const firstUid = 20_001;
/** Addresses end in 1 for this machine itself (`network: host`), then one an app. */
const hostPart = 1;
const firstPart = 2;
const appsMax = 200;

export interface PlanInput {
  readonly file: LocalFile;
  readonly systems: readonly CompiledMas[];
  readonly mode: Mode;
  /** Six hex digits. */
  readonly id: string;
  /** Ports that are free on loopback, as many as `portsNeeded` says; mode `ports` only. */
  readonly freePorts: readonly number[];
}

/** How many free loopback ports mode `ports` needs. */
export function portsNeeded(file: LocalFile): number {
  return file.apps.length * (file.apps.length + 1);
}

/** Each app of the file found in its MAS and given its place; or every name that fits nothing. */
export function planLocal(input: PlanInput): { plan: Plan | null; issues: readonly Issue[] } {
  const issues: Issue[] = [];
  if (input.file.apps.length > appsMax) issues.push(mistake('apps', `more than ${appsMax} apps`));
  const network = `10.${64 + (Number.parseInt(input.id.slice(0, 2), 16) % 64)}.${Number.parseInt(input.id.slice(2, 4), 16)}`;
  const ports = [...input.freePorts];
  const placed = input.file.apps.map((declared, index) => {
    const compiled = declared.external ? null : findMas(declared, input.systems, `apps[${index}]`, issues);
    return placeApp(input, network, declared, compiled, index, ports);
  });
  for (const [index, app] of placed.entries()) issues.push(...checkPort(app, `apps[${index}]`, input.mode));
  if (issues.length > 0) return { plan: null, issues };
  const apps = input.mode === 'ports' ? placed.map((app) => withEnvoyPorts(app, placed, ports)) : placed;
  return {
    plan: { id: input.id, mode: input.mode, network, apps: linkPorts(apps), bridgeNamespace: `casa-${input.id}-br` },
    issues: [],
  };
}

function findMas(
  declared: LocalApp,
  systems: readonly CompiledMas[],
  path: string,
  issues: Issue[],
): CompiledMas | null {
  const candidates = systems.filter(({ mas }) => declared.mas === null || declared.mas === mas);
  const found = candidates.filter(({ pep }) => pep.apps[declared.name] !== undefined);
  if (found.length === 1) return found[0] ?? null;
  if (found.length > 1) {
    const names = found.map(({ mas }) => `\`${mas}\``).join(', ');
    issues.push(mistake(`${path}.mas`, `must say which: ${names} each have an app \`${declared.name}\``));
  } else if (declared.mas !== null && candidates.length === 0) {
    const known = systems.map(({ mas }) => mas);
    issues.push(mistake(`${path}.mas`, `no MAS named \`${declared.mas}\`${nearest(declared.mas, known)}`));
  } else {
    const known = candidates.flatMap(({ pep }) => Object.keys(pep.apps));
    issues.push(mistake(`${path}.name`, `no MAS has an app \`${declared.name}\`${nearest(declared.name, known)}`));
  }
  return null;
}

function placeApp(
  input: PlanInput,
  network: string,
  declared: LocalApp,
  compiled: CompiledMas | null,
  index: number,
  ports: number[],
): PlannedApp {
  const pep = compiled?.pep.apps[declared.name];
  const servicePort = pep?.port ?? declared.port;
  const onlyCalls = declared.command === null || (pep?.type === 'client' && declared.port === null);
  const listens = servicePort !== null && !onlyCalls;
  const own = pep === undefined ? declared.host : [pep.host, ...declared.host];
  const usesHost = declared.network === 'host';
  const part = usesHost ? hostPart : firstPart + index;
  const loopback = compiled === null ? '127.0.0.1' : `127.1.0.${part}`;
  const isPorts = input.mode === 'ports';
  return {
    name: declared.name,
    declared,
    compiled,
    uid: firstUid + index,
    namespace: isPorts || usesHost ? null : `casa-${input.id}-${index}`,
    address: isPorts ? loopback : `${network}.${part}`,
    hosts: [...new Set([...own, declared.name])],
    servicePort,
    listenPort: listens ? (isPorts ? (ports.pop() ?? null) : servicePort) : null,
    envoyPorts: null,
  };
}

function checkPort(app: PlannedApp, path: string, mode: Mode): readonly Issue[] {
  const { declared, compiled, servicePort } = app;
  if (compiled !== null && declared.port !== null && declared.port !== servicePort) {
    return [mistake(`${path}.port`, `the MAS says ${servicePort}: leave it out, or write the same`)];
  }
  if (mode === 'netns' && (servicePort === 15001 || servicePort === 15002)) {
    return [mistake(`${path}.port`, `${servicePort} is Envoy's`)];
  }
  return [];
}

/** Gives an app of a MAS one inbound port, and one outbound port for every other app that can be called. */
function withEnvoyPorts(app: PlannedApp, all: readonly PlannedApp[], ports: number[]): PlannedApp {
  if (app.compiled === null) return app;
  const outbound = all
    .filter((other) => other !== app && other.listenPort !== null && other.servicePort !== null)
    .map((other) => ({
      app: other.name,
      port: ports.pop() ?? 0,
      authority: `${other.hosts[0]}:${other.servicePort}`,
      upstreamPort: other.listenPort ?? 0,
    }));
  const envoyPorts: EnvoyPorts = { inbound: app.listenPort === null ? null : (ports.pop() ?? 0), outbound };
  return { ...app, envoyPorts };
}

/** An app of a MAS is reached at its Envoy's inbound port, never at its own. */
function linkPorts(apps: readonly PlannedApp[]): readonly PlannedApp[] {
  const inbound = new Map(apps.map((app) => [app.name, app.envoyPorts?.inbound ?? app.listenPort ?? 0]));
  return apps.map((app) => {
    if (app.envoyPorts === null) return app;
    const outbound = app.envoyPorts.outbound.map((entry) => ({ ...entry, upstreamPort: inbound.get(entry.app) ?? 0 }));
    return { ...app, envoyPorts: { ...app.envoyPorts, outbound } };
  });
}

/** The URL by which `from` reaches `to`; null: it cannot be called. */
export function urlBetween(plan: Plan, from: PlannedApp, to: string): string | null {
  const target = plan.apps.find((app) => app.name === to);
  if (target === undefined || target.servicePort === null || target.listenPort === null) return null;
  if (plan.mode === 'netns') return `http://${target.hosts[0]}:${target.servicePort}`;
  const port =
    from.envoyPorts?.outbound.find((entry) => entry.app === to)?.port ??
    target.envoyPorts?.inbound ??
    target.listenPort;
  return `http://127.0.0.1:${port}`;
}

function mistake(path: string, message: string): Issue {
  return { code: 'local_file', severity: 'error', resource: 'local', path, message };
}
