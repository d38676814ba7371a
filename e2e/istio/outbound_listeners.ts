import { httpManager, route } from './http_manager.ts';
import { type MeshService, outboundPort, type ProxyListener, type ProxyRoutes, toTcp } from './proxy_config.ts';

/** A port that the proxy listens for, and what of the mesh it knows there. */
export interface EgressListener {
  readonly port: number;
  readonly services: readonly MeshService[];
}

/** The port that everything is redirected to, and one listener for each port of the `Sidecar`. */
export function outboundListeners(egress: readonly EgressListener[]): readonly ProxyListener[] {
  return [
    {
      name: 'virtualOutbound',
      traffic_direction: 'OUTBOUND',
      address: { socket_address: { address: '0.0.0.0', port_value: outboundPort } },
      use_original_dst: true,
      filter_chains: [
        {
          name: 'virtualOutbound-blackhole',
          filter_chain_match: { destination_port: outboundPort },
          filters: [toTcp('BlackHoleCluster')],
        },
        { name: 'virtualOutbound-catchall-tcp', filters: [toTcp('BlackHoleCluster')] },
      ],
    },
    ...egress.map(portListener),
  ];
}

function portListener({ port, services }: EgressListener): ProxyListener {
  return {
    name: `0.0.0.0_${port}`,
    traffic_direction: 'OUTBOUND',
    address: { socket_address: { address: '0.0.0.0', port_value: port } },
    bind_to_port: false,
    filter_chains: [{ filters: [httpManager(`outbound_0.0.0.0_${port}`, routesOf(port, services))] }],
  };
}

function routesOf(port: number, services: readonly MeshService[]): ProxyRoutes {
  const hosts = services.map((service) => ({
    name: `${service.host}:${port}`,
    domains: service.domains,
    routes: [route(`outbound|${port}||${service.host}`)],
  }));
  const blockAll = { name: 'block_all', match: { prefix: '/' }, direct_response: { status: 502 } };
  return {
    name: String(port),
    validate_clusters: false,
    ignore_port_in_host_matching: true,
    virtual_hosts: [...hosts, { name: 'block_all', domains: ['*'], routes: [blockAll] }],
  };
}
