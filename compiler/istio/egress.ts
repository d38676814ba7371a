import { compareText } from '../../crds/issue.ts';
import { trustedCertificates } from '../envoy/clusters.ts';
import type { Workload } from '../envoy/workload.ts';
import { groupBy } from '../record.ts';
import { type MeshDestination, type MeshHost, meshDestinations } from './mesh_host.ts';
import { objectMetadata, objectName } from './object_name.ts';
import type { DestinationRule, HttpPort, ObjectMetadata, PodLabels, ServiceEntry, Sidecar } from './objects.ts';

/** Nothing: of the form that `egress` needs at least one of. */
export const noHosts = '~/*';

/**
 * Which Services and names one workload's proxy knows at all, each on its allowed port alone; what it does not know, it
 * forwards to nobody.
 */
// INVARIANT (deny by default): Istio's routes do not look at the port in a request's name, so a port that Check does not
// expect must have no listener.
export function emitSidecar(workload: Workload, metadata: ObjectMetadata, labels: PodLabels): Sidecar {
  const byPort = groupBy(meshDestinations(workload), ({ port }) => String(port));
  const egress = [...byPort.values()]
    .map((group) => ({ port: group[0]?.port ?? 0, hosts: group.map(({ mesh }) => egressHost(mesh)) }))
    .sort((a, b) => a.port - b.port)
    .map(({ port, hosts }) => ({ port: httpPort(port), hosts: [...new Set(hosts)].sort(compareText) }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata,
    spec: {
      workloadSelector: { labels },
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: egress.length === 0 ? [{ hosts: [noHosts] }] : egress,
    },
  };
}

function egressHost(mesh: MeshHost): string {
  return `${mesh.kind === 'service' ? mesh.namespace : '.'}/${mesh.host}`;
}

function httpPort(port: number): HttpPort {
  return { number: port, name: `http-${port}`, protocol: 'HTTP' };
}

/**
 * Every place that Kubernetes does not know, once for the namespace, with all its ports; and TLS, where Envoy speaks it. Between
 * Services of the mesh that is Istio's own affair.
 */
export function emitExternals(
  workloads: readonly Workload[],
  namespace: string,
): readonly (ServiceEntry | DestinationRule)[] {
  const externals = workloads
    .flatMap(meshDestinations)
    .filter(({ kind, mesh }) => kind !== 'app' || mesh.kind !== 'service');
  return [...groupBy(externals, ({ mesh }) => mesh.host).entries()]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([host, group]): readonly (ServiceEntry | DestinationRule)[] => {
      const ports = [...new Map(group.map((destination) => [destination.port, destination])).values()];
      ports.sort((a, b) => a.port - b.port);
      const metadata = objectMetadata(namespace, objectName(host), null);
      const entry = group[0] === undefined ? [] : serviceEntry(group[0].mesh, ports, metadata);
      const secured = ports.filter(({ tls }) => tls);
      return secured.length === 0 ? entry : [...entry, destinationRule(host, secured, metadata)];
    });
}

function serviceEntry(
  mesh: MeshHost,
  ports: readonly MeshDestination[],
  metadata: ObjectMetadata,
): readonly ServiceEntry[] {
  if (mesh.kind === 'service') return [];
  const place =
    mesh.kind === 'address'
      ? ({ addresses: [mesh.address], resolution: 'STATIC', endpoints: [{ address: mesh.address }] } as const)
      : ({ resolution: 'DNS' } as const);
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata,
      spec: {
        hosts: [mesh.host],
        exportTo: ['.'],
        location: 'MESH_EXTERNAL',
        ...place,
        ports: ports.map(({ port }) => httpPort(port)),
      },
    },
  ];
}

/** The app speaks HTTP to its proxy, and the proxy TLS to the endpoint, whose certificate must be for its name. */
function destinationRule(host: string, secured: readonly MeshDestination[], metadata: ObjectMetadata): DestinationRule {
  const portLevelSettings = secured.map((destination) => ({
    port: { number: destination.port },
    tls: {
      mode: 'SIMPLE' as const,
      sni: destination.host,
      subjectAltNames: [destination.host],
      caCertificates: trustedCertificates,
    },
  }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata,
    spec: { host, exportTo: ['.'], trafficPolicy: { portLevelSettings } },
  };
}
