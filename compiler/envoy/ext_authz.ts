import { type Extension, type TypedConfig, typed } from './bootstrap.ts';
import { checkCluster } from './clusters.ts';
import type { Direction, Workload } from './workload.ts';

export const extAuthzName = 'envoy.filters.http.ext_authz';
/** Larger bodies are answered 413 by Envoy: they cannot be checked. */
export const requestBytesMax = 1_048_576;
const checkTimeout = '3s';

/** Asks Check about every request, its whole body included. */
// INVARIANT (deny by default): no answer, a late one and a broken one are all 403; a body is never seen in part.
export function extAuthzFilter(): Extension {
  return {
    name: extAuthzName,
    typed_config: typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', {
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: checkCluster }, timeout: checkTimeout },
      failure_mode_allow: false,
      status_on_error: { code: 'Forbidden' },
      with_request_body: { max_request_bytes: requestBytesMax, allow_partial_message: false, pack_as_bytes: true },
      validate_mutations: true,
      include_peer_certificate: false,
      clear_route_cache: false,
    }),
  };
}

/** Tells Check who is asking. These come from here and from nowhere else: headers of an app say nothing. */
export function extAuthzPerRoute(workload: Workload, direction: Direction): TypedConfig {
  return typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', {
    check_settings: {
      context_extensions: {
        'casa.direction': direction,
        'casa.workload': workload.pep.workload,
        'casa.namespace': workload.document.namespace,
        'casa.mas': workload.mas,
        'casa.app': workload.app,
      },
    },
  });
}
