/** An istio-proxy's configuration, as far as Istio makes it here and `EnvoyFilter`s change it. Envoy's own names. */

/** Any message of Envoy's in JSON. */
export interface Message {
  readonly [field: string]: unknown;
}

export interface NamedFilter {
  readonly name: string;
  readonly typed_config: Message;
}

export interface ProxyChain {
  readonly name?: string;
  readonly filter_chain_match?: Message;
  readonly filters: readonly NamedFilter[];
}

export interface ProxyListener extends Message {
  readonly name: string;
  readonly traffic_direction: 'INBOUND' | 'OUTBOUND';
  readonly filter_chains: readonly ProxyChain[];
}

export interface ProxyRoutes extends Message {
  readonly name: string;
  readonly virtual_hosts: readonly ProxyVirtualHost[];
}

export interface ProxyVirtualHost extends Message {
  readonly name: string;
  readonly routes: readonly Message[];
}

export interface ProxyConfig {
  readonly listeners: readonly ProxyListener[];
  readonly clusters: readonly Message[];
}

/** What can be called: a Service of Kubernetes or of a `ServiceEntry`. */
export interface MeshService {
  readonly namespace: string;
  readonly host: string;
  readonly ports: readonly number[];
  /** The name or address that Envoy connects to. */
  readonly resolvedAs: string;
  readonly domains: readonly string[];
}

/** Istio's ports: where iptables sends what arrives, and what leaves. */
export const inboundPort = 15006;
export const outboundPort = 15001;

export const managerName = 'envoy.filters.network.http_connection_manager';
const tcpProxyName = 'envoy.filters.network.tcp_proxy';
export const routerName = 'envoy.filters.http.router';

const types = 'type.googleapis.com/envoy.extensions';

/** A filter with its config, by the last part of its type. */
export function filter(name: string, type: string, fields: object): NamedFilter {
  return { name, typed_config: { '@type': `${types}.${type}`, ...fields } };
}

/** Forwards bytes as they are. */
export function toTcp(cluster: string): NamedFilter {
  return filter(tcpProxyName, 'filters.network.tcp_proxy.v3.TcpProxy', { stat_prefix: cluster, cluster });
}
