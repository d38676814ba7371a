import type { Extension, FilterChain, Listener } from './bootstrap.ts';
import { extAuthzName } from './ext_authz.ts';
import { httpConnectionManagerName } from './http_connection_manager.ts';
import { namedDestinationName } from './named_destination.ts';

/** As much of a bootstrap as is looked at: ours, or one that Istio and our patches made. */
export interface Checkable {
  readonly static_resources: {
    readonly listeners: readonly Pick<Listener, 'name' | 'filter_chains'>[];
    readonly clusters: readonly object[];
  };
}

interface Fields {
  readonly [key: string]: unknown;
}

/**
 * Every way past Check that a bootstrap leaves open, in words; none in what `emitEnvoy` makes. A TCP chain counts unless it is
 * matched by port and address, or leads to a cluster without endpoints.
 */
export function checkAsked({ static_resources: { listeners, clusters } }: Checkable): readonly string[] {
  const nowhere = new Set(
    clusters
      .map(fields)
      .filter(isNowhere)
      .map(({ name }) => name),
  );
  return listeners.flatMap((listener) =>
    listener.filter_chains.flatMap((chain) =>
      chainHoles(chain, nowhere).map((hole) => `listener ${listener.name}, chain ${chain.name}: ${hole}`),
    ),
  );
}

function isNowhere({ type, load_assignment }: Fields): boolean {
  return type === 'STATIC' && load_assignment === undefined;
}

function chainHoles(chain: FilterChain, nowhere: ReadonlySet<unknown>): readonly string[] {
  const http = chain.filters.find((filter) => filter.name === httpConnectionManagerName);
  if (http !== undefined) return managerHoles(fields(http.typed_config));
  if (chain.filters.some(({ typed_config }) => nowhere.has(fields(typed_config).cluster))) return [];
  const { destination_port, prefix_ranges } = chain.filter_chain_match ?? {};
  const isNarrow = destination_port !== undefined && (prefix_ranges ?? []).length > 0;
  return isNarrow ? [] : ['forwards TCP to any address'];
}

function managerHoles(manager: Fields): readonly string[] {
  // Envoy's shape.
  const filters = (manager.http_filters as readonly Extension[]).filter(({ name }) => name !== namedDestinationName);
  const holes = filters[0]?.name === extAuthzName ? [] : ['ext_authz is not the first filter'];
  const filter = fields(filters[0]?.typed_config);
  if (filter.failure_mode_allow !== false) holes.push('ext_authz lets through what it could not check');
  for (const key of ['filter_enabled', 'filter_enabled_metadata', 'shadow_mode']) {
    if (filter[key] !== undefined) holes.push(`ext_authz has \`${key}\``);
  }
  const body = fields(filter.with_request_body);
  if (body.allow_partial_message !== false) holes.push('Check sees a part of the body');
  const routes = fields(manager.route_config);
  return [...holes, ...listOf(routes.virtual_hosts).flatMap((host) => hostHoles(host, [routes, host]))];
}

function hostHoles(host: Fields, wider: readonly Fields[]): readonly string[] {
  return listOf(host.routes).flatMap((route) => routeHoles(route, [...wider, route]));
}

/** What the route says of Check, and the wider places where it says nothing. */
function routeHoles(route: Fields, places: readonly Fields[]): readonly string[] {
  const perRoute = places.map((place) => fields(fields(place.typed_per_filter_config)[extAuthzName]));
  const extensions = perRoute.map((config) => fields(fields(config.check_settings).context_extensions));
  const holes: string[] = [];
  if (perRoute.some(({ disabled }) => disabled !== undefined)) holes.push(`route ${route.name}: ext_authz is off`);
  if (!extensions.some((said) => typeof said['casa.direction'] === 'string')) {
    holes.push(`route ${route.name}: Check is not told who asks`);
  }
  return holes;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
