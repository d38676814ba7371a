import type { Extension, FilterChain, Listener, ListenerFilter, VirtualHost } from './bootstrap.ts';
import { socketAddress, typed } from './bootstrap.ts';
import { tcpCluster } from './clusters.ts';
import { authority, type TcpDestination } from './destinations.ts';
import { extProcFilter } from './ext_proc.ts';
import { httpConnectionManager } from './http_connection_manager.ts';
import { namedDestination } from './named_destination.ts';
import { inboundPort, outboundPort, type PortsDestination, type PortsOptions, type SidecarOptions } from './options.ts';
import { inboundVirtualHosts } from './routes.ts';
import type { Workload } from './workload.ts';

const bufferBytesMax = 1_048_576;
const loopback = '127.0.0.1';

/** Accepts what iptables redirected here on its way to the app's own port. */
// INVARIANT (deny by default): there is no default chain, so a connection made to this port itself, or to another port of
// the workload, matches none and is closed.
export function inboundSidecar(workload: Workload, options: SidecarOptions): Listener {
  const chains = (options.appPorts ?? [workload.pep.port]).map(
    (port, index): FilterChain => ({
      name: index === 0 ? 'app' : `app_${port}`,
      filter_chain_match: { destination_port: port },
      filters: [inboundHttp(workload, options.accessLog)],
    }),
  );
  return everywhere(listener('inbound', '0.0.0.0', inboundPort, [originalDst()], chains), options);
}

/** Accepts what the app connects to: HTTP, and TCP to the blocks that its policy names. */
// INVARIANT (deny by default): there is no default chain; bytes that are no HTTP match none and are closed.
export function outboundSidecar(
  workload: Workload,
  options: SidecarOptions,
  hosts: readonly VirtualHost[],
  blocks: readonly TcpDestination[],
): Listener {
  const http: FilterChain = {
    name: 'http',
    filter_chain_match: { application_protocols: ['http/1.0', 'http/1.1', 'h2c'] },
    filters: [outboundHttp(workload, options.accessLog, hosts, [])],
  };
  const chains = [http, ...blocks.map(tcpChain)];
  const ports = [...new Set(blocks.map((block) => block.port))];
  return everywhere(
    listener('outbound', '0.0.0.0', outboundPort, [originalDst(), httpInspector(ports)], chains),
    options,
  );
}

export function inboundPorts(workload: Workload, options: PortsOptions, port: number): Listener {
  const chain: FilterChain = { name: 'app', filters: [inboundHttp(workload, options.accessLog)] };
  return listener('inbound', loopback, port, [], [chain]);
}

/** One loopback port that stands for one destination. */
export function outboundPorts(
  workload: Workload,
  options: PortsOptions,
  hosts: readonly VirtualHost[],
  destination: PortsDestination,
): Listener {
  const named = [namedDestination(destination.authority)];
  const chain: FilterChain = { name: 'http', filters: [outboundHttp(workload, options.accessLog, hosts, named)] };
  return listener(`outbound_${destination.authority}`, loopback, destination.port, [], [chain]);
}

/** Only an agent's requests last as long as its work. */
export function readsInbound({ pep }: Workload): boolean {
  return pep.type === 'agent';
}

function inboundHttp(workload: Workload, log: string): Extension {
  const after = readsInbound(workload) ? [extProcFilter(workload, 'inbound')] : [];
  return httpConnectionManager(workload, 'inbound', log, inboundVirtualHosts(workload), { before: [], after });
}

function outboundHttp(
  workload: Workload,
  log: string,
  hosts: readonly VirtualHost[],
  before: readonly Extension[],
): Extension {
  const after = [extProcFilter(workload, 'outbound')];
  return httpConnectionManager(workload, 'outbound', log, hosts, { before, after });
}

/** Plain TCP to one block on one port, to where it was going. */
export function tcpChain(block: TcpDestination): FilterChain {
  const [address_prefix = '', prefix_len = '32'] = block.cidr.split('/');
  return {
    name: `tcp_${authority({ host: block.cidr, port: block.port })}`,
    filter_chain_match: {
      destination_port: block.port,
      prefix_ranges: [{ address_prefix, prefix_len: Number(prefix_len) }],
    },
    filters: [
      {
        name: 'envoy.filters.network.tcp_proxy',
        typed_config: typed('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
          stat_prefix: tcpCluster,
          cluster: tcpCluster,
        }),
      },
    ],
  };
}

/** The same listener at both families' addresses. */
function everywhere(listener: Listener, { ipv6 }: SidecarOptions): Listener {
  const { port_value } = listener.address.socket_address;
  return ipv6 ? { ...listener, additional_addresses: [{ address: socketAddress('::', port_value) }] } : listener;
}

function listener(
  name: string,
  address: string,
  port: number,
  listenerFilters: readonly ListenerFilter[],
  filterChains: readonly FilterChain[],
): Listener {
  return {
    name,
    address: socketAddress(address, port),
    per_connection_buffer_limit_bytes: bufferBytesMax,
    listener_filters: listenerFilters,
    filter_chains: filterChains,
  };
}

function originalDst(): ListenerFilter {
  return {
    name: 'envoy.filters.listener.original_dst',
    typed_config: typed('envoy.extensions.filters.listener.original_dst.v3.OriginalDst', {}),
  };
}

/** Does not wait for bytes on TCP ports: there the server may speak first. */
function httpInspector(tcpPorts: readonly number[]): ListenerFilter {
  const rules = tcpPorts.map((port) => ({ destination_port_range: { start: port, end: port + 1 } }));
  const [only] = rules;
  const disabled = only === undefined ? {} : { filter_disabled: rules.length === 1 ? only : { or_match: { rules } } };
  return {
    name: 'envoy.filters.listener.http_inspector',
    typed_config: typed('envoy.extensions.filters.listener.http_inspector.v3.HttpInspector', {}),
    ...disabled,
  };
}
