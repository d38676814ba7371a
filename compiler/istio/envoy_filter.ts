import type { Extension } from '../envoy/bootstrap.ts';
import { typed } from '../envoy/bootstrap.ts';
import { nowhere, nowhereCluster, questionClusters, tcpByOriginalDestination } from '../envoy/clusters.ts';
import { tcpDestinations } from '../envoy/destinations.ts';
import { extAuthzFilter } from '../envoy/ext_authz.ts';
import { extProcFilter, extProcName, extProcOn } from '../envoy/ext_proc.ts';
import { guardingSettings, httpConnectionManagerName } from '../envoy/http_connection_manager.ts';
import { readsInbound, tcpChain } from '../envoy/listeners.ts';
import { inboundPerFilter, outboundPerFilter } from '../envoy/routes.ts';
import type { Workload } from '../envoy/workload.ts';
import { type MeshDestination, meshDestinations, virtualHostName } from './mesh_host.ts';
import type { ConfigPatch, EnvoyFilter, ObjectMetadata, PatchContext, PatchMatch, PodLabels } from './objects.ts';
import type { IstioOptions } from './options.ts';

/** Applied after everybody else's, so that Check stands first. */
const lastPriority = 1_000_000;
const tcpProxyName = 'envoy.filters.network.tcp_proxy';
const routerName = 'envoy.filters.http.router';
const virtualOutbound = 'virtualOutbound';
/** Istio's chains for ports of the pod that no Service names. */
const inboundPassthroughChains = ['virtualInbound', 'virtualInbound-catchall-http'];

/** The patches that put Check and ext_proc before one workload, and close what they do not see. */
export function emitEnvoyFilter(
  workload: Workload,
  metadata: ObjectMetadata,
  labels: PodLabels,
  options: IstioOptions,
): EnvoyFilter {
  const patches = [...clusterPatches(workload, options), ...inbound(workload, options), ...outbound(workload, options)];
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata,
    spec: { workloadSelector: { labels }, priority: lastPriority, configPatches: patches },
  };
}

/** Once for both directions: Istio adds clusters of either context to the one list. */
function clusterPatches(workload: Workload, options: IstioOptions): readonly ConfigPatch[] {
  const blocks = tcpDestinations(workload, false).length > 0 ? [tcpByOriginalDestination()] : [];
  return [...questionClusters(options.checkSocket), nowhere(), ...blocks].map((value) => ({
    applyTo: 'CLUSTER',
    match: { context: 'SIDECAR_OUTBOUND' },
    patch: { operation: 'ADD', value },
  }));
}

function inbound(workload: Workload, options: IstioOptions): readonly ConfigPatch[] {
  const context = 'SIDECAR_INBOUND';
  return [
    checkFirst(context),
    ...(readsInbound(workload) ? [beforeRouter(context, extProcFilter(workload, 'inbound'))] : []),
    managerSettings(context, guardingSettings(workload, 'inbound', options.accessLog)),
    mergeRoutes(context, inboundPerFilter(workload)),
    noPlainTcp(context),
    ...inboundPassthroughChains.map(
      (name): ConfigPatch => ({
        applyTo: 'FILTER_CHAIN',
        match: { context, listener: { name: 'virtualInbound', filterChain: { name } } },
        patch: { operation: 'REMOVE' },
      }),
    ),
  ];
}

function outbound(workload: Workload, options: IstioOptions): readonly ConfigPatch[] {
  const context = 'SIDECAR_OUTBOUND';
  const llms = meshDestinations(workload).filter(({ kind }) => kind === 'llm');
  return [
    checkFirst(context),
    beforeRouter(context, extProcFilter(workload, 'outbound')),
    managerSettings(context, guardingSettings(workload, 'outbound', options.accessLog)),
    mergeRoutes(context, outboundPerFilter(workload, false)),
    ...llms.map(readAnswers),
    sendOnce(),
    noPlainTcp(context),
    ...tcpDestinations(workload, false).map(
      (block): ConfigPatch => ({
        applyTo: 'FILTER_CHAIN',
        match: { context, listener: { name: virtualOutbound } },
        patch: { operation: 'ADD', value: tcpChain(block) },
      }),
    ),
  ];
}

/** INVARIANT (deny by default): every HTTP connection manager has Check, and nothing answers or forwards before it. */
function checkFirst(context: PatchContext): ConfigPatch {
  return {
    applyTo: 'HTTP_FILTER',
    match: inManager(context),
    patch: { operation: 'INSERT_FIRST', value: extAuthzFilter() },
  };
}

function beforeRouter(context: PatchContext, filter: Extension): ConfigPatch {
  return {
    applyTo: 'HTTP_FILTER',
    match: inManager(context, routerName),
    patch: { operation: 'INSERT_BEFORE', value: filter },
  };
}

function managerSettings(context: PatchContext, settings: object): ConfigPatch {
  const config = typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', settings);
  return {
    applyTo: 'NETWORK_FILTER',
    match: inManager(context),
    patch: { operation: 'MERGE', value: { name: httpConnectionManagerName, typed_config: config } },
  };
}

/** At the widest place, so that no route of Istio's is without: Check denies what does not say whose it is. */
function mergeRoutes(context: PatchContext, typed_per_filter_config: object): ConfigPatch {
  return {
    applyTo: 'ROUTE_CONFIGURATION',
    match: { context },
    patch: { operation: 'MERGE', value: { typed_per_filter_config } },
  };
}

/** A virtual host is narrower than its route configuration, which leaves ext_proc out. */
function readAnswers(llm: MeshDestination): ConfigPatch {
  return {
    applyTo: 'VIRTUAL_HOST',
    match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost: { name: virtualHostName(llm) } } },
    patch: { operation: 'MERGE', value: { typed_per_filter_config: { [extProcName]: extProcOn() } } },
  };
}

/** Istio sends a request that failed again by itself, and ends it after a while; a tool call that moves money must not be. */
function sendOnce(): ConfigPatch {
  return {
    applyTo: 'HTTP_ROUTE',
    match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost: { route: { action: 'ROUTE' } } } },
    patch: { operation: 'MERGE', value: { route: { timeout: '0s', retry_policy: { num_retries: 0 } } } },
  };
}

/**
 * INVARIANT (deny by default): Istio forwards bytes that are no HTTP to the Service they were for, past every HTTP filter.
 * They are sent nowhere; chains that a policy names are added after this and are not touched by it.
 */
function noPlainTcp(context: PatchContext): ConfigPatch {
  return {
    applyTo: 'NETWORK_FILTER',
    match: { context, listener: { filterChain: { filter: { name: tcpProxyName } } } },
    patch: {
      operation: 'MERGE',
      value: {
        name: tcpProxyName,
        typed_config: typed('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', { cluster: nowhereCluster }),
      },
    },
  };
}

function inManager(context: PatchContext, subFilter?: string): PatchMatch {
  const filter = {
    name: httpConnectionManagerName,
    ...(subFilter === undefined ? {} : { subFilter: { name: subFilter } }),
  };
  return { context, listener: { filterChain: { filter } } };
}
