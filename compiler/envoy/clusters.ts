import { type Cluster, type SocketAddress, socketAddress, typed } from './bootstrap.ts';
import { authority, type HttpDestination } from './destinations.ts';
import { inboundSourceAddress, inboundSourceAddress6 } from './options.ts';

export const checkCluster = 'casa_ext_authz';
export const processCluster = 'casa_ext_proc';
export const appCluster = 'app';
export const tcpCluster = 'tcp';
export const nowhereCluster = 'casa_nowhere';

/** A Node server drops a connection after about a thousand resets, and each ext_proc stream ends in one. */
const processRequestsPerConnectionMax = 800;
/** Whom Envoy trusts when it speaks TLS to an endpoint. */
export const trustedCertificates = '/etc/ssl/certs/ca-certificates.crt';
const protocolOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** The two clusters on the one socket of ext-authz. */
export function questionClusters(socket: string): readonly Cluster[] {
  const limit = { max_requests_per_connection: processRequestsPerConnectionMax };
  return [grpcCluster(checkCluster, socket, {}), grpcCluster(processCluster, socket, limit)];
}

/** The app itself at the address that the peer dialled: it may listen on one address only. */
export function appByOriginalDestination(ipv6: boolean): Cluster {
  const source = (address: string) => ({ address, port_value: 0 });
  const extra_source_addresses = [{ address: source(inboundSourceAddress6) }];
  const other = ipv6 ? { extra_source_addresses } : {};
  const bind = { upstream_bind_config: { source_address: source(inboundSourceAddress), ...other } };
  return { ...originalDestination(appCluster), ...bind, typed_extension_protocol_options: sameProtocol() };
}

/** The app itself at a loopback port. */
export function appByPort(port: number): Cluster {
  return { ...staticCluster(appCluster, port), typed_extension_protocol_options: sameProtocol() };
}

/** Where a TCP connection was going; only behind a filter chain that matched the address. */
export function tcpByOriginalDestination(): Cluster {
  return originalDestination(tcpCluster);
}

export function destinationCluster(destination: HttpDestination): string {
  return `to_${authority(destination)}`;
}

/** The destination by its name, resolved by Envoy: an address that the app made up has no effect. */
export function namedCluster(destination: HttpDestination, ipv6: boolean): Cluster {
  return {
    name: destinationCluster(destination),
    connect_timeout: '2s',
    cluster_type: {
      name: 'envoy.cluster.dns',
      typed_config: typed('envoy.extensions.clusters.dns.v3.DnsCluster', {
        dns_lookup_family: ipv6 ? 'V4_PREFERRED' : 'V4_ONLY',
        dns_refresh_rate: '5s',
        dns_failure_refresh_rate: { base_interval: '0.5s', max_interval: '5s' },
        typed_dns_resolver_config: {
          name: 'envoy.network.dns_resolver.getaddrinfo',
          typed_config: typed('envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig', {}),
        },
      }),
    },
    load_assignment: loadAssignment(destinationCluster(destination), socketAddress(destination.host, destination.port)),
    ...(destination.tls ? tlsUpstream() : { typed_extension_protocol_options: sameProtocol() }),
  };
}

/** The destination at the loopback port that stands for it, reached from this Envoy's own loopback address. */
export function loopbackCluster(destination: HttpDestination, port: number, sourceAddress: string): Cluster {
  return {
    ...staticCluster(destinationCluster(destination), port),
    upstream_bind_config: { source_address: { address: sourceAddress, port_value: 0 } },
    typed_extension_protocol_options: sameProtocol(),
  };
}

/** Without endpoints: what is sent here goes nowhere. */
export function nowhere(): Cluster {
  return { name: nowhereCluster, type: 'STATIC', connect_timeout: '1s' };
}

function originalDestination(name: string): Cluster {
  return { name, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '2s' };
}

function staticCluster(name: string, port: number): Cluster {
  const load_assignment = loadAssignment(name, socketAddress('127.0.0.1', port));
  return { name, type: 'STATIC', connect_timeout: '2s', load_assignment };
}

function grpcCluster(name: string, socket: string, limit: object): Cluster {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: loadAssignment(name, { pipe: { path: socket } }),
    typed_extension_protocol_options: {
      [protocolOptions]: typed(protocolOptions, {
        explicit_http_config: { http2_protocol_options: {} },
        common_http_protocol_options: limit,
      }),
    },
  };
}

function loadAssignment(cluster_name: string, address: SocketAddress | { readonly pipe: { readonly path: string } }) {
  return { cluster_name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
}

/** HTTP/1 stays HTTP/1 and HTTP/2 stays HTTP/2: the callee spoke to this caller before there was an Envoy. */
function sameProtocol() {
  const http_protocol_options = { enable_trailers: true };
  const use_downstream_protocol_config = { http_protocol_options, http2_protocol_options: {} };
  return { [protocolOptions]: typed(protocolOptions, { use_downstream_protocol_config }) };
}

function tlsUpstream() {
  const validation_context = { trusted_ca: { filename: trustedCertificates } };
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: typed('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
        common_tls_context: { validation_context },
      }),
    },
    typed_extension_protocol_options: {
      [protocolOptions]: typed(protocolOptions, {
        explicit_http_config: { http_protocol_options: {} },
        upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
      }),
    },
  };
}
