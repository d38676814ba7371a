/** Contradictions between resources: policies without a workload, policies that cannot be one, workloads with two masters. */
import { hint, quote } from '../../crds/quote.ts';
import type { CASAPolicy } from '../../crds/types.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import type { AppModel, SystemModel } from '../model.ts';
import type { World } from '../world.ts';

/** Each policy is for a workload of a MAS. Findings have paths into the policy. */
export function checkTarget(policy: CASAPolicy, world: World): readonly Finding[] {
  const { namespace } = world;
  const { name } = policy.spec.targetRef;
  if (world.models.length === 0) {
    const message = `no MultiAgentSystem in namespace ${quote(namespace)} was read: the policy has no effect`;
    return [warningAt('spec.targetRef.name', 'no_system', message)];
  }
  if (world.ownersByWorkload.has(name)) return [];
  const message = `no app in namespace ${quote(namespace)} has the workload ${quote(name)}`;
  const near = nearWorkload(name, world);
  if (near !== '') return [errorAt('spec.targetRef.name', 'unknown_workload', `${message}${near}`)];
  return [warningAt('spec.targetRef.name', 'unknown_workload', `${message}: the policy has no effect`)];
}

/**
 * A hint at the workload that may have been meant, or nothing. INVARIANT (deny by default): a slip of the pen would leave that
 * workload with the wider policy that its MAS implies, so it is an error; a name like no other is a policy without effect.
 */
export function nearWorkload(workload: string, { ownersByWorkload }: World): string {
  return hint(workload, [...ownersByWorkload.keys()]);
}

/** Policies for one workload say the same where only one thing can be. Findings have paths into the policy. */
export function checkMerge(policy: CASAPolicy, { policies }: AppModel): readonly Finding[] {
  const { enforcement, llmEndpoint } = policy.spec;
  return policies.flatMap(({ metadata, spec }): readonly Finding[] => {
    const other = `${quote(metadata.name)}, for the same workload, has`;
    const differ = (path: string, theirs: string) =>
      errorAt(path, 'policies_conflict', `${other} ${quote(theirs)} (make them agree)`);
    const found: Finding[] = [];
    if (spec.enforcement !== enforcement) found.push(differ('spec.enforcement', spec.enforcement));
    const theirs = spec.llmEndpoint;
    if (llmEndpoint === undefined || theirs === undefined) return found;
    const isSame = theirs.fqdn.toLowerCase() === llmEndpoint.fqdn.toLowerCase() && theirs.port === llmEndpoint.port;
    return isSame ? found : [...found, differ('spec.llmEndpoint', `${theirs.fqdn}:${theirs.port}`)];
  });
}

/** Each workload is of one MAS. Findings have paths into the MAS. */
export function checkOwners(model: SystemModel, world: World): readonly Finding[] {
  if (world.models.length === 1) return [];
  return model.system.spec.apps.flatMap(({ kubernetesWorkloadName: workload }, index) => {
    const owner = world.ownersByWorkload.get(workload)?.find((one) => one.model.mas !== model.mas);
    if (owner === undefined) return [];
    const message = `workload ${quote(workload)} is an app of the MAS ${quote(owner.model.system.metadata.name)} too`;
    return [errorAt(`spec.apps[${index}].kubernetesWorkloadName`, 'workload_in_two_mas', message)];
  });
}
