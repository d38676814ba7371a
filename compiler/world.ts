/** All resources of one namespace, indexed: nothing outside it bears on them. */
import { compareText } from '../crds/issue.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import { type AppModel, buildModel, type SystemModel } from './model.ts';
import { groupBy } from './record.ts';

export interface World {
  readonly namespace: string;
  /** Sorted by name. */
  readonly policies: readonly CASAPolicy[];
  readonly models: readonly SystemModel[];
  /** Sorted by MAS; more than one for a workload is an issue. */
  readonly ownersByWorkload: ReadonlyMap<string, readonly Owner[]>;
}

export interface Owner {
  readonly model: SystemModel;
  readonly app: AppModel;
}

export function buildWorld(
  namespace: string,
  systems: readonly MultiAgentSystem[],
  policies: readonly CASAPolicy[],
): World {
  const sorted = [...policies].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  const byTarget = groupBy(sorted, ({ spec }) => spec.targetRef.name);
  const models = [...systems]
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name))
    .map((system) => buildModel(system, (workload) => byTarget.get(workload) ?? []));
  const owners = models.flatMap((model) => model.apps.map((app): Owner => ({ model, app })));
  const ownersByWorkload = groupBy(owners, ({ app }) => app.app.kubernetesWorkloadName);
  return { namespace, policies: sorted, models, ownersByWorkload };
}
