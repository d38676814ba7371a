import type { CompiledMas } from '../../compiler/compile.ts';
import type { EnvoyOptions } from '../../compiler/envoy/options.ts';
import { emitIstio } from '../../compiler/istio/emit_istio.ts';
import type { EnvoyFilter } from '../../compiler/istio/objects.ts';
import type { EnvoyMaker } from '../../local/start/envoy_maker.ts';
import { applyEnvoyFilters } from './apply_envoy_filters.ts';
import { istioProxy } from './istio_proxy.ts';
import { inboundPort, outboundPort } from './proxy_config.ts';

/** An istio-proxy beside each app, with what CASA's Istio objects make of it. */
export const istioEnvoy: EnvoyMaker = { inboundPort, outboundPort, make: makeBootstrap };

function makeBootstrap(compiled: CompiledMas, options: EnvoyOptions): object {
  const { app, checkSocket, accessLog, adminSocket } = options;
  const objects = emitIstio(compiled.pep.namespace, [compiled], { checkSocket, accessLog });
  const filters = objects.filter(
    (object): object is EnvoyFilter =>
      object.kind === 'EnvoyFilter' && object.spec.workloadSelector.labels['casa.io/app'] === app,
  );
  return {
    node: { id: `sidecar~${app}`, cluster: `${app}.${compiled.pep.namespace}` },
    admin: { address: { pipe: { path: adminSocket, mode: 0o600 } } },
    static_resources: applyEnvoyFilters(istioProxy(compiled, app, objects), filters),
  };
}
