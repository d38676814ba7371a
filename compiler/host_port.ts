/** Hosts and ports as manifests write them. */

export interface HostPort {
  /** Lower case. */
  readonly host: string;
  readonly port: number;
}

/** What a host is to the cluster. */
export type Host =
  | { readonly kind: 'service'; readonly name: string; readonly namespace: string }
  | { readonly kind: 'address'; readonly cidr: string }
  | { readonly kind: 'fqdn'; readonly fqdn: string };

/** Parses `host` or `host:port`; null when the port is none. */
export function parseHostPort(text: string, portDefault: number): HostPort | null {
  const [host = '', digits] = text.toLowerCase().split(':');
  const port = digits === undefined ? portDefault : Number(digits);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? { host, port } : null;
}

export function renderHostPort({ host, port }: HostPort): string {
  return `${host}:${port}`;
}

/** Tells Services from names outside the cluster: `svc`, `svc.NAMESPACE` of the MAS, `svc.ns.svc`, `svc.ns.svc.cluster.local`. */
export function classifyHost(host: string, namespace: string): Host {
  if (/^\d+(\.\d+){3}$/.test(host)) return { kind: 'address', cidr: `${host}/32` };
  const [name = '', second, third, ...rest] = host.split('.');
  if (second === undefined) return { kind: 'service', name, namespace };
  const inCluster = third === 'svc' && ['', 'cluster.local'].includes(rest.join('.'));
  const inNamespace = third === undefined && second === namespace;
  return inCluster || inNamespace ? { kind: 'service', name, namespace: second } : { kind: 'fqdn', fqdn: host };
}

/** All spellings of a Service that a client in the namespace may use. */
export function serviceHosts(name: string, serviceNamespace: string, namespace: string): readonly string[] {
  const long = [`${name}.${serviceNamespace}`, `${name}.${serviceNamespace}.svc`];
  const hosts = [...long, `${name}.${serviceNamespace}.svc.cluster.local`];
  return serviceNamespace === namespace ? [name, ...hosts] : hosts;
}

/** All names by which a client in the namespace may mean this host. */
export function spellings(host: string, namespace: string): readonly string[] {
  const found = classifyHost(host, namespace);
  return found.kind === 'service' ? serviceHosts(found.name, found.namespace, namespace) : [host];
}

/** One text for all spellings of a host, as the namespace has them. */
export function hostKey(host: string, namespace: string): string {
  return JSON.stringify(classifyHost(host, namespace));
}
