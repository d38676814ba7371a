import { isAbsolute } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import type { Hosts } from './names/resolver.ts';
import { parseAddress, parsePrefix } from './rows/address.ts';
import type { KernelRow, Proto } from './rows/kernel_row.ts';
import { kernelRow } from './rows/resolve_rows.ts';

/** What one node agent is told at its start. */
export interface AgentConfig {
  /** On bpffs, this agent's alone: what it pins stays when it ends. */
  readonly pinFolder: string;
  readonly objectFile: string;
  /** A bundle's `maps.json`; read again when it changes. */
  readonly mapsFile: string;
  /** Which cgroup v2 directory holds which app's processes. */
  readonly apps: readonly AppCgroup[];
  /** Rows of every app beside those of `maps.json`: its proxy on loopback, the DNS server. */
  readonly alsoAllow: readonly KernelRow[];
  readonly hosts: Hosts;
  readonly clusterDomain: string;
  /** One allowed connection in so many is an event; 0: none. */
  readonly allowSampleOneIn: number;
  /** null: flows are only printed. */
  readonly runtime: RuntimeConfig | null;
}

export interface AppCgroup {
  readonly app: string;
  readonly cgroup: string;
  /** Rows of this cgroup alone: its own workload for an Envoy. */
  readonly alsoAllow: readonly KernelRow[];
}

/** Where flows are stored: a runtime, asked as the enforcement point of each app (`POST /events`). */
export interface RuntimeConfig {
  /** A file with the runtime's URL, which may come later than the agent. */
  readonly urlFile: string;
  /** A private JWK whose public half is registered for each app. */
  readonly keyFile: string;
  /** The Keycloak whose realms know the apps' enforcement points; null: the runtime does. */
  readonly keycloakUrl: string | null;
}

/** Reads the configuration; throws CasaError('configuration_invalid') that names every field that is wrong. */
export function parseAgentConfig(value: unknown): AgentConfig {
  const wrong: string[] = [];
  const config = readConfig(fieldsOf(value), (message) => wrong.push(message));
  if (wrong.length > 0) throw new CasaError('configuration_invalid', wrong.join('; '));
  return config;
}

type Fields = { readonly [name: string]: unknown };
type Report = (message: string) => void;

function readConfig(fields: Fields, report: Report): AgentConfig {
  const path = (name: string) => readPath(fields[name], name, report);
  const { clusterDomain = 'cluster.local', allowSampleOneIn = 0 } = fields;
  if (typeof clusterDomain !== 'string') report('`clusterDomain` must be a string');
  const isCount = typeof allowSampleOneIn === 'number' && Number.isInteger(allowSampleOneIn);
  if (!isCount || allowSampleOneIn < 0 || allowSampleOneIn >= 2 ** 32) {
    report('`allowSampleOneIn` must be a whole number from 0');
  }
  return {
    pinFolder: path('pinFolder'),
    objectFile: path('objectFile'),
    mapsFile: path('mapsFile'),
    apps: readApps(fields.apps, report),
    alsoAllow: readRows(fields.alsoAllow ?? [], 'alsoAllow', report),
    hosts: readHosts(fields.hosts ?? {}, report),
    clusterDomain: String(clusterDomain),
    allowSampleOneIn: Number(allowSampleOneIn),
    runtime: readRuntime(fields.runtime ?? null, report),
  };
}

function readRuntime(value: unknown, report: Report): RuntimeConfig | null {
  if (value === null) return null;
  const { urlFile, keyFile, keycloakUrl = null } = fieldsOf(value);
  if (keycloakUrl !== null && (typeof keycloakUrl !== 'string' || !URL.canParse(keycloakUrl))) {
    report('`runtime.keycloakUrl` must be a URL');
  }
  return {
    urlFile: readPath(urlFile, 'runtime.urlFile', report),
    keyFile: readPath(keyFile, 'runtime.keyFile', report),
    keycloakUrl: typeof keycloakUrl === 'string' ? keycloakUrl : null,
  };
}

function readApps(value: unknown, report: Report): readonly AppCgroup[] {
  const apps = readList(value, 'apps', report).map((entry, index) => {
    const path = `apps[${index}]`;
    const { app, cgroup, alsoAllow = [] } = fieldsOf(entry);
    if (typeof app !== 'string' || app === '') report(`\`${path}.app\` must be a non-empty string`);
    return {
      app: String(app),
      cgroup: readPath(cgroup, `${path}.cgroup`, report),
      alsoAllow: readRows(alsoAllow, `${path}.alsoAllow`, report),
    };
  });
  const cgroups = apps.map(({ cgroup }) => cgroup);
  if (new Set(cgroups).size < cgroups.length) report('`apps` names a cgroup twice');
  return apps;
}

function readRows(value: unknown, path: string, report: Report): readonly KernelRow[] {
  return readList(value, path, report).flatMap((row, index) => readRow(fieldsOf(row), `${path}[${index}]`, report));
}

function readRow({ proto, port, cidr }: Fields, path: string, report: Report): readonly KernelRow[] {
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (!isProto(proto)) report(`\`${path}.proto\` must be \`tcp\` or \`udp\``);
  if (!isPort) report(`\`${path}.port\` must be a port number, or 0 for any`);
  if (typeof cidr !== 'string' || parsePrefix(cidr) === null) report(`\`${path}.cidr\` must be a prefix`);
  return isProto(proto) && isPort && typeof cidr === 'string' ? kernelRow(proto, port, cidr) : [];
}

function readHosts(value: unknown, report: Report): Hosts {
  const rows = Object.entries(fieldsOf(value)).map(([name, addresses]): [string, readonly string[]] => {
    const list = readList(addresses, `hosts.${name}`, report);
    const texts = list.flatMap((address) => (typeof address === 'string' && parseAddress(address) ? [address] : []));
    if (texts.length < list.length) report(`\`hosts.${name}\` must be a list of addresses`);
    return [name, texts];
  });
  return Object.fromEntries(rows);
}

function readPath(value: unknown, name: string, report: Report): string {
  if (typeof value === 'string' && isAbsolute(value)) return value;
  report(`\`${name}\` must be an absolute path`);
  return '';
}

function readList(value: unknown, name: string, report: Report): readonly unknown[] {
  if (Array.isArray(value)) return value;
  report(`\`${name}\` must be a list`);
  return [];
}

function isProto(value: unknown): value is Proto {
  return value === 'tcp' || value === 'udp';
}

/** The fields of an object; none of anything else. */
function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
