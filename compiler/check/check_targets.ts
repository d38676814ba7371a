/** Contradictions between resources: policies without a workload, workloads with two masters. */
import { type Issue, resourceId } from '../../crds/issue.ts';
import { hint, quote } from '../../crds/quote.ts';
import type { CASAPolicy, MultiAgentSystem } from '../../crds/types.ts';
import { errorAt, issueOf, warningAt } from '../finding.ts';
import { policiesOf } from '../model.ts';

/** Each policy is for a workload of a MAS. */
export function checkTarget(policy: CASAPolicy, systems: readonly MultiAgentSystem[]): readonly Issue[] {
  const { namespace } = policy.metadata;
  const { name } = policy.spec.targetRef;
  const near = systems.filter(({ metadata }) => metadata.namespace === namespace);
  if (near.length === 0) {
    const message = `no MultiAgentSystem in namespace ${quote(namespace)} was read: the policy has no effect`;
    return [issueOf(policy, warningAt('spec.targetRef.name', 'no_system', message))];
  }
  const workloads = near.flatMap(({ spec }) => spec.apps.map((app) => app.kubernetesWorkloadName));
  if (workloads.includes(name)) return [];
  const message = `no app in namespace ${quote(namespace)} has the workload ${quote(name)}${hint(name, workloads)}`;
  return [issueOf(policy, errorAt('spec.targetRef.name', 'unknown_workload', message))];
}

/** Each workload has one policy at most. */
export function checkRivals(policy: CASAPolicy, policies: readonly CASAPolicy[]): readonly Issue[] {
  const { name, namespace } = policy.metadata;
  const target = policy.spec.targetRef.name;
  const rivals = policiesOf(target, namespace, policies).filter(({ metadata }) => metadata.name !== name);
  if (rivals.length === 0) return [];
  const others = rivals.map(({ metadata }) => quote(metadata.name)).join(', ');
  const message = `workload ${quote(target)} has the policy ${others} too (merge them into one)`;
  return [issueOf(policy, errorAt('spec.targetRef.name', 'two_policies', message))];
}

/** Each workload is of one MAS. */
export function checkOwners(system: MultiAgentSystem, systems: readonly MultiAgentSystem[]): readonly Issue[] {
  const others = systems.filter(
    ({ kind, metadata }) =>
      metadata.namespace === system.metadata.namespace &&
      resourceId(kind, metadata) !== resourceId(kind, system.metadata),
  );
  return system.spec.apps.flatMap((app, index) => {
    const workload = app.kubernetesWorkloadName;
    const owner = others.find(({ spec }) => spec.apps.some((other) => other.kubernetesWorkloadName === workload));
    if (owner === undefined) return [];
    const message = `workload ${quote(workload)} is an app of the MAS ${quote(owner.metadata.name)} too`;
    return [issueOf(system, errorAt(`spec.apps[${index}].kubernetesWorkloadName`, 'workload_in_two_mas', message))];
  });
}
