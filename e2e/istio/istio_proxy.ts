/**
 * The configuration that Istio would give an app's istio-proxy, of the objects that CASA emits: listeners, routes and clusters
 * with Istio's names and in Istio's order, without mTLS and Istio's own filters, which no other Envoy has.
 */
import type { CompiledMas } from '../../compiler/compile.ts';
import type { IstioObject, ServiceEntry, Sidecar } from '../../compiler/istio/objects.ts';
import { inboundListener } from './inbound_listener.ts';
import { outboundListeners } from './outbound_listeners.ts';
import type { MeshService, Message, ProxyConfig } from './proxy_config.ts';

export function istioProxy(compiled: CompiledMas, app: string, objects: readonly IstioObject[]): ProxyConfig {
  const { namespace } = compiled.pep;
  const services = [...kubernetesServices(compiled), ...externalServices(objects, namespace)];
  const egress = sidecarOf(objects, app).spec.egress.flatMap(({ port, hosts }) => {
    if (port === undefined) return [];
    const visible = services.filter(({ namespace: of, host }) => {
      const named = [`${of}/${host}`, ...(of === namespace ? [`./${host}`] : [])];
      return named.some((name) => hosts.includes(name));
    });
    return [{ port: port.number, services: visible }];
  });
  const port = compiled.pep.apps[app]?.port ?? 0;
  return {
    listeners: [...outboundListeners(egress), inboundListener(port, policyPorts(objects, app))],
    clusters: [
      ...egress.flatMap((listener) => listener.services.map((service) => outboundCluster(listener.port, service))),
      inboundCluster(`inbound|${port}||`),
      inboundCluster('InboundPassthroughCluster'),
      { name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '1s' },
    ],
  };
}

/** Every app that is a Service. */
function kubernetesServices(compiled: CompiledMas): readonly MeshService[] {
  const { namespace } = compiled.pep;
  return Object.values(compiled.pep.apps)
    .filter(({ host }) => !host.includes('.'))
    .map(({ host, port }) => {
      const long = `${host}.${namespace}`;
      const full = `${long}.svc.cluster.local`;
      return { namespace, host: full, ports: [port], resolvedAs: host, domains: [full, host, long, `${long}.svc`] };
    });
}

function externalServices(objects: readonly IstioObject[], namespace: string): readonly MeshService[] {
  const entries = objects.filter((object): object is ServiceEntry => object.kind === 'ServiceEntry');
  return entries.flatMap(({ spec }) =>
    spec.hosts.map((host) => ({
      namespace,
      host,
      ports: spec.ports.map(({ number }) => number),
      resolvedAs: spec.endpoints?.[0]?.address ?? host,
      domains: [host, ...(spec.addresses ?? [])],
    })),
  );
}

function sidecarOf(objects: readonly IstioObject[], app: string): Sidecar {
  const found = objects.find(
    (object): object is Sidecar =>
      object.kind === 'Sidecar' && object.spec.workloadSelector?.labels['casa.io/app'] === app,
  );
  if (found === undefined) throw new Error(`no Sidecar for ${app}`);
  return found;
}

/** The ports that some `AuthorizationPolicy` allows; one that allows nothing is there for all. */
function policyPorts(objects: readonly IstioObject[], app: string): readonly number[] {
  return objects.flatMap((object) => {
    if (object.kind !== 'AuthorizationPolicy') return [];
    const { selector, rules = [] } = object.spec;
    if (selector !== undefined && selector.matchLabels['casa.io/app'] !== app) return [];
    return rules.flatMap(({ to }) => to.flatMap(({ operation }) => operation.ports.map(Number)));
  });
}

/** In a mesh Istio tells Envoy the addresses; here they are in a file. */
function outboundCluster(port: number, service: MeshService): Message {
  const name = `outbound|${port}||${service.host}`;
  const address = { socket_address: { address: service.resolvedAs, port_value: port } };
  return {
    name,
    connect_timeout: '10s',
    cluster_type: {
      name: 'envoy.cluster.dns',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',
        dns_lookup_family: 'V4_ONLY',
        dns_failure_refresh_rate: { base_interval: '0.5s', max_interval: '5s' },
        typed_dns_resolver_config: {
          name: 'envoy.network.dns_resolver.getaddrinfo',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig',
          },
        },
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

function inboundCluster(name: string): Message {
  return {
    name,
    type: 'ORIGINAL_DST',
    lb_policy: 'CLUSTER_PROVIDED',
    connect_timeout: '10s',
    upstream_bind_config: { source_address: { address: '127.0.0.6', port_value: 0 } },
  };
}
