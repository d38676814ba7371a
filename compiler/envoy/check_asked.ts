import type { EnvoyBootstrap, FilterChain, Route } from './bootstrap.ts';
import { extAuthzName } from './ext_authz.ts';
import { type HttpConnectionManager, httpConnectionManagerName } from './http_connection_manager.ts';
import { namedDestinationName } from './named_destination.ts';

/**
 * Every way past Check that a bootstrap leaves open, in words; none in what `emitEnvoy` makes. A TCP chain counts unless it is
 * matched by port and address.
 */
export function checkAsked(bootstrap: EnvoyBootstrap): readonly string[] {
  return bootstrap.static_resources.listeners.flatMap((listener) =>
    listener.filter_chains.flatMap((chain) =>
      chainHoles(chain).map((hole) => `listener ${listener.name}, chain ${chain.name}: ${hole}`),
    ),
  );
}

function chainHoles(chain: FilterChain): readonly string[] {
  const http = chain.filters.find((filter) => filter.name === httpConnectionManagerName);
  if (http === undefined) {
    const { destination_port, prefix_ranges } = chain.filter_chain_match ?? {};
    const isNarrow = destination_port !== undefined && (prefix_ranges ?? []).length > 0;
    return isNarrow ? [] : ['forwards TCP to any address'];
  }
  // The name says which message the config is.
  const manager = http.typed_config as HttpConnectionManager;
  const filters = manager.http_filters.filter(({ name }) => name !== namedDestinationName);
  const holes = filters[0]?.name === extAuthzName ? [] : ['ext_authz is not the first filter'];
  const filter = fields(filters[0]?.typed_config);
  if (filter.failure_mode_allow !== false) holes.push('ext_authz lets through what it could not check');
  for (const key of ['filter_enabled', 'filter_enabled_metadata', 'shadow_mode']) {
    if (filter[key] !== undefined) holes.push(`ext_authz has \`${key}\``);
  }
  const body = fields(filter.with_request_body);
  if (body.allow_partial_message !== false) holes.push('Check sees a part of the body');
  const routes = manager.route_config.virtual_hosts.flatMap((host) => host.routes);
  return [...holes, ...routes.flatMap(routeHoles)];
}

function routeHoles(route: Route): readonly string[] {
  const perRoute = fields(route.typed_per_filter_config[extAuthzName]);
  const extensions = fields(fields(perRoute.check_settings).context_extensions);
  const holes: string[] = [];
  if (perRoute.disabled !== undefined) holes.push(`route ${route.name}: ext_authz is off`);
  if (typeof extensions['casa.direction'] !== 'string') holes.push(`route ${route.name}: Check is not told who asks`);
  return holes;
}

function fields(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
