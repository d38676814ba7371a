/**
 * `EnvoyFilter`s applied to an istio-proxy's configuration, in the order and by the rules of Istio's own control plane
 * (istio/istio, pilot/pkg/networking/core/envoyfilter): the operations and matches that CASA emits, and no others.
 */
import type { ConfigPatch, EnvoyFilter, PatchContext } from '../../compiler/istio/objects.ts';
import { mergeMessage } from './merge_message.ts';
import {
  type Message,
  managerName,
  type NamedFilter,
  type ProxyChain,
  type ProxyConfig,
  type ProxyListener,
  type ProxyRoutes,
  type ProxyVirtualHost,
} from './proxy_config.ts';

/** Throws for a patch that it would not apply as Istio does. */
export function applyEnvoyFilters(config: ProxyConfig, filters: readonly EnvoyFilter[]): ProxyConfig {
  const inOrder = filters.toSorted((a, b) => a.spec.priority - b.spec.priority);
  const patches = inOrder.flatMap(({ spec }) => spec.configPatches);
  for (const patch of patches) checkKnown(patch);
  return {
    listeners: config.listeners.map((listener) => patchListener(listener, patches)),
    clusters: [...config.clusters, ...patches.filter(({ applyTo }) => applyTo === 'CLUSTER').map(patchValue)],
  };
}

const known = [
  'CLUSTER ADD',
  'FILTER_CHAIN ADD',
  'FILTER_CHAIN REMOVE',
  'NETWORK_FILTER MERGE',
  'HTTP_FILTER INSERT_FIRST',
  'HTTP_FILTER INSERT_BEFORE',
  'ROUTE_CONFIGURATION MERGE',
  'VIRTUAL_HOST MERGE',
  'HTTP_ROUTE MERGE',
];

function checkKnown({ applyTo, patch }: ConfigPatch): void {
  const what = `${applyTo} ${patch.operation}`;
  if (!known.includes(what)) throw new Error(`no rule for ${what}`);
}

function patchListener(listener: ProxyListener, all: readonly ConfigPatch[]): ProxyListener {
  const context: PatchContext = listener.traffic_direction === 'INBOUND' ? 'SIDECAR_INBOUND' : 'SIDECAR_OUTBOUND';
  const patches = all.filter(
    ({ match }) => match.context === context && [undefined, listener.name].includes(match.listener?.name),
  );
  const kept = listener.filter_chains.filter(
    (chain) =>
      !patches.some(
        (patch) => patch.applyTo === 'FILTER_CHAIN' && patch.patch.operation === 'REMOVE' && isOfChain(patch, chain),
      ),
  );
  const patched = kept.map((chain) => ({
    ...chain,
    filters: chain.filters.map((filter) => patchNetworkFilter(filter, chain, patches)),
  }));
  // Chains are added after the others were changed, and are not changed themselves.
  const added = patches
    .filter(({ applyTo, patch }) => applyTo === 'FILTER_CHAIN' && patch.operation === 'ADD')
    .map((patch) => patchValue(patch) as unknown as ProxyChain); // `as`: what a FILTER_CHAIN patch holds
  return { ...listener, filter_chains: [...patched, ...added] };
}

function patchNetworkFilter(filter: NamedFilter, chain: ProxyChain, patches: readonly ConfigPatch[]): NamedFilter {
  const own = patches.filter((patch) => isOfChain(patch, chain) && isOfFilter(patch, filter));
  let { typed_config } = filter;
  for (const patch of own.filter(({ applyTo }) => applyTo === 'NETWORK_FILTER')) {
    typed_config = mergeMessage(typed_config, (patchValue(patch) as unknown as NamedFilter).typed_config); // as above
  }
  if (filter.name !== managerName) return { ...filter, typed_config };
  let filters = (typed_config.http_filters ?? []) as readonly NamedFilter[]; // Envoy's shape
  for (const patch of own.filter(({ applyTo }) => applyTo === 'HTTP_FILTER')) filters = insertFilter(filters, patch);
  const routes = patchRoutes(typed_config.route_config as ProxyRoutes, patches); // Envoy's shape
  return { ...filter, typed_config: { ...typed_config, http_filters: filters, route_config: routes } };
}

function insertFilter(filters: readonly NamedFilter[], patch: ConfigPatch): readonly NamedFilter[] {
  const added = patchValue(patch) as unknown as NamedFilter; // `as`: what an HTTP_FILTER patch holds
  if (patch.patch.operation === 'INSERT_FIRST') return [added, ...filters];
  const before = patch.match.listener?.filterChain?.filter?.subFilter?.name;
  const index = filters.findIndex(({ name }) => name === before);
  // Without the filter that it belongs before, Istio leaves it out without a word.
  return index < 0 ? filters : [...filters.slice(0, index), added, ...filters.slice(index)];
}

function patchRoutes(routes: ProxyRoutes, patches: readonly ConfigPatch[]): ProxyRoutes {
  let merged: Message = routes;
  for (const patch of patches.filter(({ applyTo }) => applyTo === 'ROUTE_CONFIGURATION')) {
    merged = mergeMessage(merged, patchValue(patch));
  }
  const virtual_hosts = routes.virtual_hosts.map((host) => patchVirtualHost(host, patches));
  return { ...merged, name: routes.name, virtual_hosts };
}

function patchVirtualHost(host: ProxyVirtualHost, patches: readonly ConfigPatch[]): ProxyVirtualHost {
  const own = patches.filter(({ match }) => [undefined, host.name].includes(match.routeConfiguration?.vhost.name));
  let merged: Message = host;
  for (const patch of own.filter(({ applyTo }) => applyTo === 'VIRTUAL_HOST')) {
    merged = mergeMessage(merged, patchValue(patch));
  }
  const ofRoutes = own.filter(({ applyTo }) => applyTo === 'HTTP_ROUTE');
  const routes = host.routes.map((route) =>
    ofRoutes
      .filter(({ match }) => match.routeConfiguration?.vhost.route === undefined || route.route !== undefined)
      .reduce((before, patch) => mergeMessage(before, patchValue(patch)), route),
  );
  return { ...merged, name: host.name, routes };
}

function isOfChain({ match }: ConfigPatch, chain: ProxyChain): boolean {
  return [undefined, chain.name].includes(match.listener?.filterChain?.name);
}

function isOfFilter({ match }: ConfigPatch, { name }: NamedFilter): boolean {
  return [undefined, name].includes(match.listener?.filterChain?.filter?.name);
}

function patchValue({ patch }: ConfigPatch): Message {
  // `as`: a message of Envoy's, of which only its object-ness is known.
  return (patch.value ?? {}) as Message;
}
