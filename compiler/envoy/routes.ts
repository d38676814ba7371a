import { spellings } from '../host_port.ts';
import type { Route, TypedConfig, VirtualHost } from './bootstrap.ts';
import { appCluster, destinationCluster } from './clusters.ts';
import type { HttpDestination } from './destinations.ts';
import { extAuthzName, extAuthzPerRoute } from './ext_authz.ts';
import { extProcName, extProcOff } from './ext_proc.ts';
import { destinationProblem } from './local_reply.ts';
import type { Workload } from './workload.ts';

type PerFilter = { readonly [filter: string]: TypedConfig };

const everyPath = { prefix: '/' };
const elsewhere = 'anywhere_else';

/** Everything that arrives goes to the app, when Check says so. */
export function inboundVirtualHosts(workload: Workload): readonly VirtualHost[] {
  const route: Route = {
    name: appCluster,
    match: everyPath,
    route: { cluster: appCluster, timeout: '0s' },
    typed_per_filter_config: inboundPerFilter(workload),
  };
  return [{ name: appCluster, domains: ['*'], routes: [route] }];
}

/** One virtual host for each destination by its name, and one for all other names that answers by itself. */
export function outboundVirtualHosts(
  workload: Workload,
  destinations: readonly HttpDestination[],
): readonly VirtualHost[] {
  const taken = new Set<string>();
  const hosts = destinations.map((destination) => ({
    name: destinationCluster(destination),
    domains: domains(destination, workload).filter((domain) => !taken.has(domain) && taken.add(domain)),
    routes: [forward(workload, destination)],
  }));
  return [...hosts, { name: elsewhere, domains: ['*'], routes: [refuse(workload)] }];
}

/** For a listener that stands for one destination: all names lead to it, or, when the policy does not name it, nowhere. */
export function portVirtualHosts(workload: Workload, destination: HttpDestination | null): readonly VirtualHost[] {
  if (destination === null) return [{ name: elsewhere, domains: ['*'], routes: [refuse(workload)] }];
  const routes = [forward(workload, destination)];
  return [{ name: destinationCluster(destination), domains: ['*'], routes }];
}

/** An app is known by every spelling of its Service; of other endpoints the policy has each spelling. */
function domains(destination: HttpDestination, workload: Workload): readonly string[] {
  const { host, port, kind, tls } = destination;
  const { namespace } = workload.document;
  const hosts = kind === 'app' ? spellings(host, namespace) : [host];
  const isDefault = port === (tls ? 443 : 80);
  return hosts.flatMap((name) => (isDefault ? [`${name}:${port}`, name] : [`${name}:${port}`]));
}

function forward(workload: Workload, destination: HttpDestination): Route {
  return {
    name: destinationCluster(destination),
    match: everyPath,
    route: { cluster: destinationCluster(destination), timeout: '0s' },
    typed_per_filter_config: outboundPerFilter(workload, destination.kind === 'llm'),
  };
}

/** Check is asked, so that the attempt is recorded, and whatever it answers nothing is forwarded. */
// INVARIANT (deny by default): this route has no cluster.
function refuse(workload: Workload): Route {
  return {
    name: elsewhere,
    match: everyPath,
    direct_response: { status: 403, body: { inline_string: destinationProblem } },
    response_headers_to_add: [
      {
        header: { key: 'content-type', value: 'application/problem+json' },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      },
    ],
    typed_per_filter_config: outboundPerFilter(workload, false),
  };
}

/** Who asks, on every inbound route. */
export function inboundPerFilter(workload: Workload): PerFilter {
  return { [extAuthzName]: extAuthzPerRoute(workload, 'inbound') };
}

/** Who asks, and whether the answer is an LLM's, which is read. */
export function outboundPerFilter(workload: Workload, readsAnswer: boolean): PerFilter {
  const check = { [extAuthzName]: extAuthzPerRoute(workload, 'outbound') };
  return readsAnswer ? check : { ...check, [extProcName]: extProcOff() };
}
