import { accessLog } from './access_log.ts';
import { type Extension, type TypedConfig, typed, type VirtualHost } from './bootstrap.ts';
import { extAuthzFilter } from './ext_authz.ts';
import { localReplyConfig } from './local_reply.ts';
import type { Direction, Workload } from './workload.ts';

/** What a structural test must find in a listener. */
export interface HttpConnectionManager extends TypedConfig {
  readonly stat_prefix: string;
  readonly route_config: { readonly name: string; readonly virtual_hosts: readonly VirtualHost[] };
  readonly http_filters: readonly Extension[];
}

export const httpConnectionManagerName = 'envoy.filters.network.http_connection_manager';

/** HTTP/1 and cleartext HTTP/2; ext_authz stands before everything that could answer or forward. */
export function httpConnectionManager(
  workload: Workload,
  direction: Direction,
  accessLogPath: string,
  virtualHosts: readonly VirtualHost[],
  filters: { readonly before: readonly Extension[]; readonly after: readonly Extension[] },
): Extension<HttpConnectionManager> {
  return {
    name: httpConnectionManagerName,
    typed_config: typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: direction,
      codec_type: 'AUTO',
      route_config: { name: direction, virtual_hosts: virtualHosts, validate_clusters: true },
      http_filters: [...filters.before, extAuthzFilter(), ...filters.after, routerFilter()],
      server_header_transformation: 'PASS_THROUGH',
      ...guardingSettings(workload, direction, accessLogPath),
    }),
  };
}

/** What every manager that Check stands in has, whoever made the rest of it: who the peer is, what is refused, what is logged. */
export function guardingSettings(workload: Workload, direction: Direction, accessLogPath: string) {
  return {
    http_protocol_options: { enable_trailers: true },
    access_log: accessLog(workload, direction, accessLogPath),
    local_reply_config: localReplyConfig(),
    // The peer is who connected: `x-forwarded-for` of a request is never believed.
    use_remote_address: true,
    skip_xff_append: true,
    // `x-request-id` is the decision's: Check sets it.
    generate_request_id: false,
    preserve_external_request_id: true,
    // A path that two readers could read differently is refused.
    normalize_path: true,
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST', idle_timeout: '300s' },
    // LLM and MCP streams last long, but never in silence.
    stream_idle_timeout: '300s',
    request_headers_timeout: '10s',
  };
}

function routerFilter(): Extension {
  return {
    name: 'envoy.filters.http.router',
    typed_config: typed('envoy.extensions.filters.http.router.v3.Router', { suppress_envoy_headers: true }),
  };
}
