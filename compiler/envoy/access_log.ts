import { type Extension, typed } from './bootstrap.ts';
import type { Direction, Workload } from './workload.ts';

const decision = (key: string) => `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:${key})%`;

/** One JSON line a request, with the decision that let it through or stopped it; never a body, a query or a token. */
export function accessLog(workload: Workload, direction: Direction, path: string): readonly Extension[] {
  const json_format = {
    time: '%START_TIME%',
    direction,
    app: workload.app,
    mas: workload.mas,
    method: '%REQ(:METHOD)%',
    authority: '%REQ(:AUTHORITY)%',
    path: '%PATH(NQ)%',
    code: '%RESPONSE_CODE%',
    flags: '%RESPONSE_FLAGS%',
    details: '%RESPONSE_CODE_DETAILS%',
    decision_id: decision('decision_id'),
    reason: decision('reason'),
    session_id: decision('session_id'),
    request_id: '%REQ(X-REQUEST-ID)%',
    traceparent: '%REQ(TRACEPARENT)%',
    duration_ms: '%DURATION%',
    peer: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%',
    upstream: '%UPSTREAM_HOST%',
  };
  return [
    {
      name: 'envoy.access_loggers.file',
      typed_config: typed('envoy.extensions.access_loggers.file.v3.FileAccessLog', {
        path,
        log_format: { json_format },
      }),
    },
  ];
}
