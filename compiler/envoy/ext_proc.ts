import { type Extension, type TypedConfig, typed } from './bootstrap.ts';
import { processCluster } from './clusters.ts';
import { extAuthzName } from './ext_authz.ts';
import type { Direction, Workload } from './workload.ts';

export const extProcName = 'envoy.filters.http.ext_proc';
const messageTimeout = '3s';

const readsLlmAnswers = {
  request_header_mode: 'SKIP',
  response_header_mode: 'SEND',
  request_body_mode: 'NONE',
  response_body_mode: 'STREAMED',
  request_trailer_mode: 'SKIP',
  response_trailer_mode: 'SKIP',
};
const seesTheEnd = { ...readsLlmAnswers, response_body_mode: 'NONE', response_trailer_mode: 'SEND' };

/** Outbound it reads what an LLM answered; inbound of an agent its stream lasts as long as the request. */
// INVARIANT (deny by default): an answer that could not be read does not reach the agent.
export function extProcFilter(workload: Workload, direction: Direction): Extension {
  return {
    name: extProcName,
    typed_config: typed('envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor', {
      grpc_service: {
        envoy_grpc: { cluster_name: processCluster },
        initial_metadata: [
          { key: 'casa-direction', value: direction },
          { key: 'casa-workload', value: workload.pep.workload },
          { key: 'casa-namespace', value: workload.document.namespace },
        ],
      },
      failure_mode_allow: false,
      message_timeout: messageTimeout,
      processing_mode: direction === 'outbound' ? readsLlmAnswers : seesTheEnd,
      metadata_options: { forwarding_namespaces: { untyped: [extAuthzName] } },
      mutation_rules: { disallow_all: { value: true } },
    }),
  };
}

/** Leaves ext_proc out of a route whose answers nobody reads. */
export function extProcOff(): TypedConfig {
  return typed('envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute', { disabled: true });
}

/** Takes it up again for a route whose answers are read, where a wider place leaves it out. */
export function extProcOn(): TypedConfig {
  return typed('envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute', { overrides: {} });
}
