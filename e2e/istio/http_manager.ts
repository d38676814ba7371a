import { filter, type Message, managerName, type NamedFilter, type ProxyRoutes, routerName } from './proxy_config.ts';

/** An HTTP connection manager as Istio makes it. */
export function httpManager(name: string, routes: ProxyRoutes, own: readonly NamedFilter[] = []): NamedFilter {
  return filter(managerName, 'filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: name,
    codec_type: 'AUTO',
    route_config: routes,
    http_filters: [
      ...own,
      filter('envoy.filters.http.grpc_stats', 'filters.http.grpc_stats.v3.FilterConfig', {
        emit_filter_state: true,
        stats_for_all_methods: false,
      }),
      filter('envoy.filters.http.fault', 'filters.http.fault.v3.HTTPFault', {}),
      filter('envoy.filters.http.cors', 'filters.http.cors.v3.Cors', {}),
      filter(routerName, 'filters.http.router.v3.Router', {}),
    ],
    use_remote_address: false,
    normalize_path: true,
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    request_id_extension: {
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
        use_request_id_for_trace_sampling: true,
      },
    },
  });
}

/** To one cluster, with Istio's retries. */
export function route(cluster: string): Message {
  const retry_on = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';
  return {
    name: 'default',
    match: { prefix: '/' },
    route: {
      cluster,
      timeout: '0s',
      retry_policy: { retry_on, num_retries: 2, retriable_status_codes: [503] },
    },
  };
}
