/** Contradictions between resources: policies without a workload, workloads with two masters. */
import { hint, quote } from '../../crds/quote.ts';
import type { CASAPolicy } from '../../crds/types.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import type { SystemModel } from '../model.ts';
import { neighbours, rivalsOf, type World } from '../world.ts';

/** Each policy is for a workload of a MAS. Findings have paths into the policy. */
export function checkTarget(policy: CASAPolicy, world: World): readonly Finding[] {
  const { namespace } = policy.metadata;
  const { name } = policy.spec.targetRef;
  const near = neighbours(world, namespace);
  if (near.length === 0) {
    const message = `no MultiAgentSystem in namespace ${quote(namespace)} was read: the policy has no effect`;
    return [warningAt('spec.targetRef.name', 'no_system', message)];
  }
  const workloads = near.flatMap(({ apps }) => apps.map(({ app }) => app.kubernetesWorkloadName));
  if (workloads.includes(name)) return [];
  const message = `no app in namespace ${quote(namespace)} has the workload ${quote(name)}${hint(name, workloads)}`;
  return [errorAt('spec.targetRef.name', 'unknown_workload', message)];
}

/** Each workload has one policy at most. Findings have paths into the policy. */
export function checkRivals(policy: CASAPolicy, world: World): readonly Finding[] {
  const rivals = rivalsOf(world, policy).filter(({ metadata }) => metadata.name !== policy.metadata.name);
  if (rivals.length === 0) return [];
  const others = rivals.map(({ metadata }) => quote(metadata.name)).join(', ');
  const message = `workload ${quote(policy.spec.targetRef.name)} has the policy ${others} too (merge them into one)`;
  return [errorAt('spec.targetRef.name', 'two_policies', message)];
}

/** Each workload is of one MAS. Findings have paths into the MAS. */
export function checkOwners(model: SystemModel, world: World): readonly Finding[] {
  const others = neighbours(world, model.namespace).filter(({ mas }) => mas !== model.mas);
  if (others.length === 0) return [];
  return model.system.spec.apps.flatMap(({ kubernetesWorkloadName: workload }, index) => {
    const owner = others.find(({ apps }) => apps.some(({ app }) => app.kubernetesWorkloadName === workload));
    if (owner === undefined) return [];
    const message = `workload ${quote(workload)} is an app of the MAS ${quote(owner.system.metadata.name)} too`;
    return [errorAt(`spec.apps[${index}].kubernetesWorkloadName`, 'workload_in_two_mas', message)];
  });
}
