import type { CompiledMas } from '../../compiler/compile.ts';
import { emitEnvoy } from '../../compiler/envoy/emit_envoy.ts';
import { type EnvoyOptions, inboundPort, outboundPort } from '../../compiler/envoy/options.ts';

/** Whose Envoy stands beside each app: where the namespace's traffic is sent (mode `netns`), and how it is configured. */
export interface EnvoyMaker {
  readonly inboundPort: number;
  readonly outboundPort: number;
  readonly make: (compiled: CompiledMas, options: EnvoyOptions) => object;
}

/** CASA's own. */
export const ownEnvoy: EnvoyMaker = { inboundPort, outboundPort, make: emitEnvoy };
