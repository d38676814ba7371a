import { compareText } from '../../crds/issue.ts';
import { appLabel, isLabelValue, masLabel, masNameIn } from '../../policies/pod_labels.ts';
import type { CompiledMas } from '../compiled_mas.ts';
import { findWorkload, type Workload } from '../envoy/workload.ts';
import { emitExternals, emitSidecar } from './egress.ts';
import { emitEnvoyFilter } from './envoy_filter.ts';
import { emitMutualTls, emitNamespaceLocks, emitPortLock } from './locks.ts';
import { objectMetadata, objectName } from './object_name.ts';
import type { IstioObject, PodLabels } from './objects.ts';
import type { IstioOptions } from './options.ts';

export type EmittableMas = Pick<CompiledMas, 'mas' | 'system' | 'pep'>;

/**
 * All Istio objects of one namespace, sorted by kind and name; none without a MAS. They make each app's own istio-proxy ask
 * Check about every request, and leave no way that Check does not see. A MAS whose name no pod can carry as a label gets only
 * what is locked.
 */
export function emitIstio(
  namespace: string,
  systems: readonly EmittableMas[],
  options: IstioOptions,
): readonly IstioObject[] {
  const own = systems.filter(({ mas, pep }) => pep.namespace === namespace && isLabelValue(masNameIn(mas, namespace)));
  if (systems.every(({ pep }) => pep.namespace !== namespace)) return [];
  const workloads = own.flatMap((compiled) => Object.keys(compiled.pep.apps).map((app) => findWorkload(compiled, app)));
  const objects = [
    ...emitNamespaceLocks(namespace),
    ...emitExternals(workloads, namespace),
    ...workloads.flatMap((workload) => emitWorkload(workload, namespace, options)),
  ];
  return objects.sort((a, b) => compareText(a.kind, b.kind) || compareText(a.metadata.name, b.metadata.name));
}

function emitWorkload(workload: Workload, namespace: string, options: IstioOptions): readonly IstioObject[] {
  const { mas, app } = workload;
  const name = masNameIn(mas, namespace);
  const metadata = objectMetadata(namespace, objectName(name, app), mas);
  const labels: PodLabels = { [masLabel]: name, [appLabel]: app };
  return [
    emitEnvoyFilter(workload, metadata, labels, options),
    emitSidecar(workload, metadata, labels),
    emitPortLock(workload, metadata, labels),
    emitMutualTls(workload, metadata, labels),
  ];
}
