import { isAbsolute } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import type { MapRow } from '../../policies/maps.ts';
import type { Hosts } from './names/resolver.ts';
import type { PlacedCgroup } from './placed/placed.ts';
import { parseAddress, parsePrefix } from './rows/address.ts';
import type { KernelRow, Proto } from './rows/kernel_row.ts';
import { kernelRow } from './rows/resolve_rows.ts';

/** What one node agent is told at its start. */
export interface AgentConfig {
  /** On bpffs, this agent's alone: what it pins stays when it ends. */
  readonly pinFolder: string;
  readonly objectFile: string;
  /** The program that hashes bearer tokens; null: none are. */
  readonly tokenObjectFile: string | null;
  /** Where the cgroups and their rows are known from. */
  readonly source: FileSource | KubernetesConfig;
  /** Rows of every app beside those of `maps.json`: its proxy on loopback, the DNS server. */
  readonly alsoAllow: readonly KernelRow[];
  readonly hosts: Hosts;
  readonly clusterDomain: string;
  /** One allowed connection in so many is an event; 0: none. */
  readonly allowSampleOneIn: number;
  /** null: flows are only printed. */
  readonly runtime: RuntimeConfig | null;
}

export interface FileSource {
  readonly kind: 'file';
  /** A bundle's `maps.json`; read again when it changes. */
  readonly mapsFile: string;
  /** Which cgroup v2 directory holds which app's processes. */
  readonly cgroups: readonly PlacedCgroup[];
}

/** The pods of one node of a cluster. */
export interface KubernetesConfig {
  readonly kind: 'kubernetes';
  readonly nodeName: string;
  /** The cgroup v2 directory of all pods; null: where it usually is. */
  readonly kubepods: string | null;
  /** Services that only enforcement points reach: the runtime. */
  readonly sidecarReaches: readonly MapRow[];
}

/** Where flows are stored: a runtime, asked as the enforcement point of each app (`POST /events`). */
export interface RuntimeConfig {
  /** A file with the runtime's URL, which may come later than the agent. */
  readonly urlFile: string;
  /** By what the runtime knows the agent: a private JWK whose public half is registered for each app, or the token of its pod. */
  readonly credential: { readonly kind: 'key' | 'token'; readonly file: string };
  /** The Keycloak whose realms know the apps' enforcement points; null: the runtime does. */
  readonly keycloakUrl: string | null;
}

/** Reads the configuration, of a cluster's node by its name; throws CasaError('configuration_invalid') that names every field that is wrong. */
export function parseAgentConfig(value: unknown, thisNode: string | null = null): AgentConfig {
  const wrong: string[] = [];
  const config = readConfig(fieldsOf(value), thisNode, (message) => wrong.push(message));
  if (wrong.length > 0) throw new CasaError('configuration_invalid', wrong.join('; '));
  return config;
}

type Fields = { readonly [name: string]: unknown };
type Report = (message: string) => void;

function readConfig(fields: Fields, thisNode: string | null, report: Report): AgentConfig {
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
    tokenObjectFile: (fields.tokenObjectFile ?? null) === null ? null : path('tokenObjectFile'),
    source:
      fields.kubernetes === undefined
        ? readFileSource(fields, report)
        : readKubernetes(fields.kubernetes, thisNode, report),
    alsoAllow: readRows(fields.alsoAllow ?? [], 'alsoAllow', report),
    hosts: readHosts(fields.hosts ?? {}, report),
    clusterDomain: String(clusterDomain),
    allowSampleOneIn: Number(allowSampleOneIn),
    runtime: readRuntime(fields.runtime ?? null, report),
  };
}

function readRuntime(value: unknown, report: Report): RuntimeConfig | null {
  if (value === null) return null;
  const { urlFile, keyFile, tokenFile, keycloakUrl = null } = fieldsOf(value);
  if (keycloakUrl !== null && (typeof keycloakUrl !== 'string' || !URL.canParse(keycloakUrl))) {
    report('`runtime.keycloakUrl` must be a URL');
  }
  const isToken = tokenFile !== undefined;
  if (isToken && keyFile !== undefined) report('`runtime` has one of `keyFile` and `tokenFile`');
  const file = readPath(isToken ? tokenFile : keyFile, `runtime.${isToken ? 'tokenFile' : 'keyFile'}`, report);
  return {
    urlFile: readPath(urlFile, 'runtime.urlFile', report),
    credential: { kind: isToken ? 'token' : 'key', file },
    keycloakUrl: typeof keycloakUrl === 'string' ? keycloakUrl : null,
  };
}

function readFileSource(fields: Fields, report: Report): FileSource {
  const mapsFile = readPath(fields.mapsFile, 'mapsFile', report);
  return { kind: 'file', mapsFile, cgroups: readApps(fields.apps, report) };
}

function readKubernetes(value: unknown, thisNode: string | null, report: Report): KubernetesConfig {
  const { nodeName = thisNode, kubepods = null, sidecarReaches = [] } = fieldsOf(value);
  if (typeof nodeName !== 'string' || nodeName === '') report('`kubernetes.nodeName` (or NODE_NAME) must be a name');
  const rows = readList(sidecarReaches, 'kubernetes.sidecarReaches', report).flatMap((row, index) => {
    const { name, namespace, port } = fieldsOf(row);
    const isService = typeof name === 'string' && typeof namespace === 'string' && isPort(port) && port > 0;
    if (!isService) report(`\`kubernetes.sidecarReaches[${index}]\` must have \`name\`, \`namespace\` and \`port\``);
    return isService ? [{ proto: 'tcp' as const, port, name, namespace }] : [];
  });
  return {
    kind: 'kubernetes',
    nodeName: String(nodeName),
    kubepods: kubepods === null ? null : readPath(kubepods, 'kubernetes.kubepods', report),
    sidecarReaches: rows,
  };
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function readApps(value: unknown, report: Report): readonly PlacedCgroup[] {
  const apps = readList(value, 'apps', report).map((entry, index) => {
    const path = `apps[${index}]`;
    const { app, cgroup, alsoAllow = [], hashesTokens = false } = fieldsOf(entry);
    if (typeof hashesTokens !== 'boolean') report(`\`${path}.hashesTokens\` must be true or false`);
    if (typeof app !== 'string' || app === '') report(`\`${path}.app\` must be a non-empty string`);
    return {
      mas: null,
      app: String(app),
      cgroup: readPath(cgroup, `${path}.cgroup`, report),
      extent: 'whole' as const,
      hashesTokens: hashesTokens === true,
      alsoAllow: readRows(alsoAllow, `${path}.alsoAllow`, report),
      alsoNamed: [],
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
  if (!isProto(proto)) report(`\`${path}.proto\` must be \`tcp\` or \`udp\``);
  if (!isPort(port)) report(`\`${path}.port\` must be a port number, or 0 for any`);
  if (typeof cidr !== 'string' || parsePrefix(cidr) === null) report(`\`${path}.cidr\` must be a prefix`);
  return isProto(proto) && isPort(port) && typeof cidr === 'string' ? kernelRow(proto, port, cidr) : [];
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
