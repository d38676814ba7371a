import { unreachable } from '../../policies/errors.ts';
import type { PepDocument } from '../../policies/pep.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import { type Cluster, type EnvoyBootstrap, type Listener, typed } from './bootstrap.ts';
import * as clusters from './clusters.ts';
import { authority, httpDestinations, tcpDestinations } from './destinations.ts';
import { inboundPorts, inboundSidecar, outboundPorts, outboundSidecar } from './listeners.ts';
import type { EnvoyOptions, PortsOptions, SidecarOptions } from './options.ts';
import { outboundVirtualHosts, portVirtualHosts } from './routes.ts';
import { findWorkload, type Workload } from './workload.ts';

const downstreamConnectionsMax = 1024;
/** 0600: only the user that Envoy runs as. */
const ownerOnly = 0o600;

/**
 * Envoy's bootstrap for one workload: every request of every listener is asked about, and what no listener, chain or route
 * names is closed. Throws `configuration_invalid` when the MAS has no such app.
 */
export function emitEnvoy(
  compiled: { readonly system: CompiledSystem; readonly pep: PepDocument },
  options: EnvoyOptions,
): EnvoyBootstrap {
  const workload = findWorkload(compiled, options.app);
  const plugged = plug(workload, options);
  return {
    node: { id: `${workload.mas}/${workload.app}`, cluster: workload.mas },
    admin: { address: { pipe: { path: options.adminSocket, mode: ownerOnly } } },
    static_resources: {
      listeners: plugged.listeners,
      clusters: [...clusters.questionClusters(options.checkSocket), ...plugged.clusters],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: typed(
            'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            { max_active_downstream_connections: downstreamConnectionsMax },
          ),
        },
      ],
    },
  };
}

interface Plugged {
  readonly listeners: readonly Listener[];
  readonly clusters: readonly Cluster[];
}

function plug(workload: Workload, options: EnvoyOptions): Plugged {
  switch (options.mode) {
    case 'sidecar':
      return plugSidecar(workload, options);
    case 'ports':
      return plugPorts(workload, options);
    default:
      return unreachable(options);
  }
}

function plugSidecar(workload: Workload, options: SidecarOptions): Plugged {
  const destinations = httpDestinations(workload);
  const blocks = tcpDestinations(workload, options.ipv6);
  const hosts = outboundVirtualHosts(workload, destinations);
  return {
    listeners: [inboundSidecar(workload, options), outboundSidecar(workload, options, hosts, blocks)],
    clusters: [
      clusters.appByOriginalDestination(options.ipv6),
      ...destinations.map((destination) => clusters.namedCluster(destination, options.ipv6)),
      ...(blocks.length > 0 ? [clusters.tcpByOriginalDestination()] : []),
    ],
  };
}

/** Only destinations that have a port here can be reached; a port of one that the policy does not name leads to a refusal. */
function plugPorts(workload: Workload, options: PortsOptions): Plugged {
  const allowed = new Map(httpDestinations(workload).map((destination) => [authority(destination), destination]));
  const outbound = options.outbound.map((entry) => ({ entry, destination: allowed.get(entry.authority) ?? null }));
  const inbound = options.inbound === null ? [] : [inboundPorts(workload, options, options.inbound.port)];
  const toApp = options.inbound === null ? [] : [clusters.appByPort(options.inbound.appPort)];
  const upstreams = outbound.flatMap(({ entry, destination }) =>
    destination === null ? [] : [clusters.loopbackCluster(destination, entry.upstreamPort, options.sourceAddress)],
  );
  const listeners = outbound.map(({ entry, destination }) =>
    outboundPorts(workload, options, portVirtualHosts(workload, destination), entry),
  );
  return { listeners: [...inbound, ...listeners], clusters: [...toApp, ...upstreams] };
}
