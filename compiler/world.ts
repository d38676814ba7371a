/** All resources of one compilation, indexed: sizes of 500 MAS and 10,000 policies are planned for. */
import { compareText } from '../crds/issue.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import { buildModel, type SystemModel } from './model.ts';
import { groupBy } from './record.ts';

export interface World {
  readonly policies: readonly CASAPolicy[];
  readonly models: readonly SystemModel[];
  readonly modelsByNamespace: ReadonlyMap<string, readonly SystemModel[]>;
  /** Keys are those of `targetKey`, values sorted by name. */
  readonly policiesByTarget: ReadonlyMap<string, readonly CASAPolicy[]>;
}

export function buildWorld(systems: readonly MultiAgentSystem[], policies: readonly CASAPolicy[]): World {
  const sorted = [...policies].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  const policiesByTarget = groupBy(sorted, ({ metadata, spec }) => targetKey(metadata.namespace, spec.targetRef.name));
  const models = systems.map((system) =>
    buildModel(system, (workload) => policiesByTarget.get(targetKey(system.metadata.namespace, workload))?.[0] ?? null),
  );
  const modelsByNamespace = groupBy(models, ({ namespace }) => namespace);
  return { policies: sorted, models, modelsByNamespace, policiesByTarget };
}

/** The MAS of a namespace. */
export function neighbours(world: World, namespace: string): readonly SystemModel[] {
  return world.modelsByNamespace.get(namespace) ?? [];
}

/** All policies for the same workload as this one, itself included. */
export function rivalsOf(world: World, { metadata, spec }: CASAPolicy): readonly CASAPolicy[] {
  return world.policiesByTarget.get(targetKey(metadata.namespace, spec.targetRef.name)) ?? [];
}

function targetKey(namespace: string, workload: string): string {
  return JSON.stringify([namespace, workload]);
}
