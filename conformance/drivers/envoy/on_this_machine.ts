import type { Cluster, EnvoyBootstrap, Listener, ListenerFilter } from '../../../compiler/envoy/bootstrap.ts';
import { socketAddress, typed } from '../../../compiler/envoy/bootstrap.ts';
import { appCluster, checkCluster, processCluster, tcpCluster } from '../../../compiler/envoy/clusters.ts';

const loopback = '127.0.0.1';
const originalDestination = 'envoy.filters.listener.original_dst';

/** Where the places that a sidecar's configuration names are here, as loopback ports. */
export interface Ports {
  readonly app: number;
  /** By name of the cluster. */
  readonly destinations: ReadonlyMap<string, number>;
}

/**
 * A sidecar's configuration for a machine where nothing is redirected: every filter, chain and route of it stays; who connects
 * whereto is read from the PROXY protocol instead of from the kernel, and each destination is a loopback port.
 */
export function onThisMachine(bootstrap: EnvoyBootstrap, ports: Ports): EnvoyBootstrap {
  const { listeners, clusters } = bootstrap.static_resources;
  const app = clusters.find(({ name }) => name === appCluster);
  const sameProtocol = app?.typed_extension_protocol_options;
  return {
    ...bootstrap,
    static_resources: {
      listeners: listeners.map((listener) => movedListener(listener)),
      clusters: clusters.map((cluster) => movedCluster(cluster, ports, sameProtocol)),
    },
  };
}

/** Envoy takes a free port. */
function movedListener(listener: Listener): Listener {
  const listener_filters = listener.listener_filters.map((filter) => {
    return filter.name === originalDestination ? proxyProtocol() : filter;
  });
  return { ...listener, address: socketAddress(loopback, 0), listener_filters };
}

/** A connection that does not say who it is from is closed. */
function proxyProtocol(): ListenerFilter {
  const message = 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';
  return { name: 'envoy.filters.listener.proxy_protocol', typed_config: typed(message, {}) };
}

/** What is not known here keeps no endpoint. */
function movedCluster(cluster: Cluster, ports: Ports, sameProtocol: unknown): Cluster {
  const { name } = cluster;
  if ([checkCluster, processCluster, tcpCluster].includes(name)) return cluster;
  const port = name === appCluster ? ports.app : ports.destinations.get(name);
  const address = socketAddress(loopback, port ?? 1);
  return {
    name,
    type: 'STATIC',
    connect_timeout: cluster.connect_timeout,
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    typed_extension_protocol_options: sameProtocol,
  };
}
