import { expect, test } from 'vitest';
import type { ConfigPatch, EnvoyFilter, PatchContext } from '../../compiler/istio/objects.ts';
import { applyEnvoyFilters } from './apply_envoy_filters.ts';
import { filter, managerName, type ProxyConfig, routerName, toTcp } from './proxy_config.ts';

const context: PatchContext = 'SIDECAR_OUTBOUND';
const manager = { listener: { filterChain: { filter: { name: managerName } } } };
const anyPatch = { operation: 'MERGE', value: {} } as const;

function envoyFilter(priority: number, ...configPatches: readonly ConfigPatch[]): EnvoyFilter {
  const metadata = { name: 'one', namespace: 'n', labels: {}, annotations: {} };
  const spec = { workloadSelector: { labels: {} }, priority, configPatches };
  return { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', metadata, spec };
}

function proxy(): ProxyConfig {
  const routes = [
    { name: 'default', match: { prefix: '/' }, route: { cluster: 'a', retry_policy: { num_retries: 2 } } },
    { name: 'none', match: { prefix: '/' }, direct_response: { status: 502 } },
  ];
  const http = filter(managerName, 'x', {
    use_remote_address: false,
    access_log: [{ name: 'theirs' }],
    http_filters: [filter('cors', 'cors', {}), filter(routerName, 'router', {})],
    route_config: { name: '8080', virtual_hosts: [{ name: 'a:8080', domains: ['a'], routes }] },
  });
  return {
    clusters: [{ name: 'a' }],
    listeners: [
      {
        name: 'out',
        traffic_direction: 'OUTBOUND',
        filter_chains: [
          { name: 'http', filters: [http] },
          { name: 'tcp', filters: [toTcp('a')] },
        ],
      },
    ],
  };
}

const apply = (...patches: readonly ConfigPatch[]) => applyEnvoyFilters(proxy(), [envoyFilter(0, ...patches)]);
const managerOf = (config: ProxyConfig) => config.listeners[0]?.filter_chains[0]?.filters[0]?.typed_config;
const filterNames = (config: ProxyConfig) =>
  // Envoy's shape, made above.
  ((managerOf(config)?.http_filters ?? []) as readonly { name: string }[]).map(({ name }) => name);
const insert = (operation: 'INSERT_FIRST' | 'INSERT_BEFORE', name: string, before?: string): ConfigPatch => {
  const named = { name: managerName, ...(before === undefined ? {} : { subFilter: { name: before } }) };
  const match = { context, listener: { filterChain: { filter: named } } };
  return { applyTo: 'HTTP_FILTER', match, patch: { operation, value: { name, typed_config: {} } } };
};

test('filters are put first, or before the one that is named, and nowhere when that is not there', () => {
  const config = apply(
    insert('INSERT_FIRST', 'x'),
    insert('INSERT_BEFORE', 'y', routerName),
    insert('INSERT_BEFORE', 'z', 'w'),
  );
  expect(filterNames(config)).toEqual(['x', 'cors', 'y', routerName]);
});

test('the object of the greatest priority is applied last, and so stands before all others', () => {
  const first = envoyFilter(9, insert('INSERT_FIRST', 'ours'));
  const other = envoyFilter(1, insert('INSERT_FIRST', 'theirs'));
  expect(filterNames(applyEnvoyFilters(proxy(), [first, other])).slice(0, 2)).toEqual(['ours', 'theirs']);
});

test('a merge sets fields, adds to lists, and leaves the rest', () => {
  const value = { typed_config: { use_remote_address: true, access_log: [{ name: 'ours' }] } };
  const config = apply({
    applyTo: 'NETWORK_FILTER',
    match: { context, ...manager },
    patch: { operation: 'MERGE', value },
  });
  expect(managerOf(config)).toMatchObject({
    use_remote_address: true,
    access_log: [{ name: 'theirs' }, { name: 'ours' }],
    route_config: { name: '8080' },
  });
  expect(config.listeners[0]?.filter_chains[1]).toEqual(proxy().listeners[0]?.filter_chains[1]);
});

test('only routes that forward are merged where a patch says so', () => {
  const match = { context, routeConfiguration: { vhost: { route: { action: 'ROUTE' } } } } as const;
  const value = { route: { retry_policy: { num_retries: 0 } } };
  const config = apply({ applyTo: 'HTTP_ROUTE', match, patch: { operation: 'MERGE', value } });
  expect(managerOf(config)?.route_config).toMatchObject({
    virtual_hosts: [
      {
        routes: [
          { route: { cluster: 'a', retry_policy: { num_retries: 0 } } },
          { name: 'none', match: { prefix: '/' }, direct_response: { status: 502 } },
        ],
      },
    ],
  });
});

test('a virtual host is merged by its name, a route configuration by its direction', () => {
  const config = apply(
    { applyTo: 'ROUTE_CONFIGURATION', match: { context }, patch: { operation: 'MERGE', value: { wide: true } } },
    {
      applyTo: 'VIRTUAL_HOST',
      match: { context, routeConfiguration: { vhost: { name: 'a:8080' } } },
      patch: { operation: 'MERGE', value: { narrow: true } },
    },
    {
      applyTo: 'VIRTUAL_HOST',
      match: { context, routeConfiguration: { vhost: { name: 'b:8080' } } },
      patch: { operation: 'MERGE', value: { other: true } },
    },
    { applyTo: 'ROUTE_CONFIGURATION', match: { context: 'SIDECAR_INBOUND' }, patch: anyPatch },
  );
  const routes = managerOf(config)?.route_config;
  expect(routes).toMatchObject({ name: '8080', wide: true, virtual_hosts: [{ name: 'a:8080', narrow: true }] });
  expect(JSON.stringify(routes)).not.toContain('other');
});

test('chains are removed by name, and added ones are not changed by other patches', () => {
  const toNowhere: ConfigPatch = {
    applyTo: 'NETWORK_FILTER',
    match: { context, listener: { filterChain: { filter: { name: toTcp('').name } } } },
    patch: { operation: 'MERGE', value: { typed_config: { cluster: 'nowhere' } } },
  };
  const added = { name: 'added', filters: [toTcp('b')] };
  const add: ConfigPatch = {
    applyTo: 'FILTER_CHAIN',
    match: { context, listener: { name: 'out' } },
    patch: { operation: 'ADD', value: added },
  };
  const remove: ConfigPatch = {
    applyTo: 'FILTER_CHAIN',
    match: { context, listener: { filterChain: { name: 'http' } } },
    patch: { operation: 'REMOVE' },
  };
  expect(apply(toNowhere, add, remove).listeners[0]?.filter_chains).toMatchObject([
    { name: 'tcp', filters: [{ typed_config: { cluster: 'nowhere' } }] },
    added,
  ]);
});

test('clusters are added, and what has no rule here is refused', () => {
  const add: ConfigPatch = {
    applyTo: 'CLUSTER',
    match: { context },
    patch: { operation: 'ADD', value: { name: 'b' } },
  };
  expect(apply(add).clusters).toEqual([{ name: 'a' }, { name: 'b' }]);
  expect(() => apply({ ...add, patch: anyPatch })).toThrow(/no rule for CLUSTER MERGE/);
});
