import { httpManager, route } from './http_manager.ts';
import { filter, inboundPort, type NamedFilter, type ProxyChain, type ProxyListener, toTcp } from './proxy_config.ts';

const http = { transport_protocol: 'raw_buffer', application_protocols: ['http/1.0', 'http/1.1', 'h2c'] };

/** Everything that arrives: the Service's port as HTTP or, for want of a protocol, as TCP; and Istio's catch-alls for the rest. */
export function inboundListener(port: number, allowedPorts: readonly number[]): ProxyListener {
  const inspectors = ['original_dst', 'tls_inspector', 'http_inspector'];
  return {
    name: 'virtualInbound',
    traffic_direction: 'INBOUND',
    address: { socket_address: { address: '0.0.0.0', port_value: inboundPort } },
    listener_filters: inspectors.map(inspector),
    filter_chains: [
      {
        name: 'virtualInbound-blackhole',
        filter_chain_match: { destination_port: inboundPort },
        filters: [toTcp('BlackHoleCluster')],
      },
      httpChain('virtualInbound-catchall-http', http, 'InboundPassthroughCluster', allowedPorts),
      tcpChain('virtualInbound', {}, 'InboundPassthroughCluster', allowedPorts),
      httpChain(`0.0.0.0_${port}`, { destination_port: port, ...http }, `inbound|${port}||`, allowedPorts),
      tcpChain(`0.0.0.0_${port}`, { destination_port: port }, `inbound|${port}||`, allowedPorts),
    ],
  };
}

function inspector(name: string): object {
  const type = name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  const message = `type.googleapis.com/envoy.extensions.filters.listener.${name}.v3.${type}`;
  return { name: `envoy.filters.listener.${name}`, typed_config: { '@type': message } };
}

function httpChain(name: string, match: object, cluster: string, ports: readonly number[]): ProxyChain {
  const routes = {
    name: cluster,
    validate_clusters: false,
    virtual_hosts: [{ name: cluster, domains: ['*'], routes: [route(cluster)] }],
  };
  const rbac = filter('envoy.filters.http.rbac', 'filters.http.rbac.v3.RBAC', { rules: rulesOf(ports) });
  return { name, filter_chain_match: { ...match }, filters: [httpManager(name, routes, [rbac])] };
}

function tcpChain(name: string, match: object, cluster: string, ports: readonly number[]): ProxyChain {
  const rbac: NamedFilter = filter('envoy.filters.network.rbac', 'filters.network.rbac.v3.RBAC', {
    stat_prefix: 'tcp.',
    rules: rulesOf(ports),
  });
  return { name, filter_chain_match: { ...match }, filters: [rbac, toTcp(cluster)] };
}

/** An `AuthorizationPolicy` as Istio writes it for Envoy. */
function rulesOf(ports: readonly number[]): object {
  const permissions = ports.map((port) => ({ destination_port: port }));
  const policy = { permissions, principals: [{ any: true }] };
  return { action: 'ALLOW', policies: ports.length === 0 ? {} : { allowed: policy } };
}
