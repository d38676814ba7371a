import type { Workload } from './workload.ts';

/** A place that the app may reach through its Envoy by HTTP. */
export interface HttpDestination {
  readonly kind: 'app' | 'llm' | 'other';
  /** Lower case. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** A block of addresses that the app may reach by plain TCP, on one port. */
export interface TcpDestination {
  readonly cidr: string;
  readonly port: number;
}

/** `host:port`, as the policy's keys spell it. */
export function authority(destination: { readonly host: string; readonly port: number }): string {
  return `${destination.host}:${destination.port}`;
}

/** Apps, LLM endpoints and HTTP endpoints that the policy lets this app reach, each once, sorted by authority. */
export function httpDestinations(workload: Workload): readonly HttpDestination[] {
  const found = new Map<string, HttpDestination>();
  const add = (destination: HttpDestination) => {
    const key = authority(destination);
    if (!found.has(key)) found.set(key, destination);
  };
  for (const app of Object.keys(workload.policy.callees)) {
    const callee = workload.document.apps[app];
    if (callee !== undefined)
      add({ kind: 'app', host: callee.host, port: callee.port, tls: callee.scheme === 'https' });
  }
  for (const key of Object.keys(workload.policy.llm)) add({ kind: 'llm', ...splitAuthority(key) });
  for (const [key, protocols] of Object.entries(workload.policy.endpoints.exact)) {
    if (isHttp(Object.keys(protocols))) add({ kind: 'other', ...splitAuthority(key) });
  }
  return [...found.values()].sort((a, b) => (authority(a) < authority(b) ? -1 : 1));
}

/**
 * TCP and TLS endpoints given by address. One given by name has no address at the moment of connecting, and HTTP to a bare
 * block has no name to route by: neither gets a filter chain.
 */
// INVARIANT (deny by default): what has no filter chain is closed.
export function tcpDestinations(workload: Workload, ipv6: boolean): readonly TcpDestination[] {
  return workload.policy.endpoints.prefixes
    .filter(({ cidr, protocol }) => (protocol === 'tcp' || protocol === 'tls') && (ipv6 || !cidr.includes(':')))
    .map(({ cidr, port }) => ({ cidr, port }));
}

function isHttp(protocols: readonly string[]): boolean {
  return protocols.some((protocol) => protocol === 'http' || protocol === 'mcp' || protocol === 'a2a');
}

/** Port 443 is TLS: the app speaks HTTP to its Envoy, and Envoy speaks TLS to the endpoint. */
function splitAuthority(key: string): { host: string; port: number; tls: boolean } {
  const colon = key.lastIndexOf(':');
  const port = Number(key.slice(colon + 1));
  return { host: key.slice(0, colon), port, tls: port === 443 };
}
