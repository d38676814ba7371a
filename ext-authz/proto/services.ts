import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface EnvoyServices {
  readonly authorization: ServiceDefinition;
  readonly externalProcessor: ServiceDefinition;
}

/** Envoy's two services from our `.proto` text: a binary descriptor set would lose map fields (facts/envoy.md). */
export function loadEnvoyServices(): EnvoyServices {
  const definitions = loadSync(['external_auth.proto', 'external_processor.proto'], {
    includeDirs: [fileURLToPath(new URL('.', import.meta.url))],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return {
    // A service's entry is a service definition; the loader's type is a union with messages.
    authorization: definitions['envoy.service.auth.v3.Authorization'] as ServiceDefinition,
    externalProcessor: definitions['envoy.service.ext_proc.v3.ExternalProcessor'] as ServiceDefinition,
  };
}
