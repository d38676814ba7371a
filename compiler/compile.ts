/** Custom resources to everything that enforces them. Pure: no clock, no network, no files. */
import { type Issue, sortIssues } from '../crds/issue.ts';
import type { RejectedResource } from '../crds/parse_resource.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import { checkOwners, checkRivals, checkTarget } from './check/check_targets.ts';
import { compileSystem } from './compile_system.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { policiesOf } from './model.ts';

export type { CompiledMas } from './compiled_mas.ts';

export interface CompilableResources {
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
  /** What `crds/load.ts` could not take. Pass what was loaded as a whole. */
  readonly rejected?: readonly RejectedResource[];
}

export interface Compilation {
  /** Sorted by name; a MAS that an error concerns is absent. */
  readonly systems: readonly CompiledMas[];
  /** Those of loading are not repeated. */
  readonly issues: readonly Issue[];
}

/** Compiles all systems. The order of the resources never changes the result, and a mistake in one MAS no other. */
export function compile(resources: CompilableResources): Compilation {
  const rejected = resources.rejected ?? [];
  const repaired = rejected.flatMap((resource) => (resource.repaired === null ? [] : [resource.repaired]));
  // Repaired resources are looked at for more issues, and never compiled.
  const systems = [...resources.systems, ...repaired.flatMap((one) => (one.kind === 'system' ? [one.system] : []))];
  const policies = [...resources.policies, ...repaired.flatMap((one) => (one.kind === 'policy' ? [one.policy] : []))];
  const issues = policies.flatMap((policy) => [...checkTarget(policy, systems), ...checkRivals(policy, policies)]);
  const compiled = systems.map((system) => {
    const own = ownPolicies(system, policies);
    const result = compileSystem(system, own);
    const found = [...checkOwners(system, systems), ...result.issues];
    issues.push(...found);
    const withheld =
      !resources.systems.includes(system) ||
      found.some(({ severity }) => severity === 'error') ||
      own.some((policy) => checkRivals(policy, policies).length > 0) ||
      policies.some((policy) => dangles(policy, system, systems)) ||
      rejected.some((resource) => concerns(resource, system, systems));
    return withheld ? null : result.compiled;
  });
  return {
    systems: compiled.filter((one) => one !== null).sort((a, b) => (a.mas < b.mas ? -1 : 1)),
    issues: sortIssues(distinct(issues.filter((issue) => !isAboutRepair(issue, rejected)))),
  };
}

/** What is said of a repaired resource may come of the repair: errors at new places are kept. */
function isAboutRepair(issue: Issue, rejected: readonly RejectedResource[]): boolean {
  const about = rejected.filter(({ resource }) => resource === issue.resource);
  return about.length > 0 && (issue.severity === 'warning' || about.some(({ paths }) => paths.includes(issue.path)));
}

/** A policy that two apps share by mistake is looked at twice. */
function distinct(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}

function ownPolicies(system: MultiAgentSystem, policies: readonly CASAPolicy[]): readonly CASAPolicy[] {
  const workloads = new Set(system.spec.apps.map((app) => app.kubernetesWorkloadName));
  return [...workloads].flatMap((workload) => policiesOf(workload, system.metadata.namespace, policies));
}

/**
 * INVARIANT (deny by default): a policy for a workload that nobody has may have been meant for any workload of its
 * namespace, which would else get the wider policy that its MAS implies.
 */
function dangles(policy: CASAPolicy, system: MultiAgentSystem, systems: readonly MultiAgentSystem[]): boolean {
  if (policy.metadata.namespace !== system.metadata.namespace) return false;
  return checkTarget(policy, systems).some(({ severity }) => severity === 'error');
}

/** INVARIANT (deny by default): a policy that could not be read is not an absent one. */
function concerns(rejected: RejectedResource, system: MultiAgentSystem, systems: readonly MultiAgentSystem[]): boolean {
  if (rejected.kind === 'MultiAgentSystem') return false;
  if (rejected.namespace !== null && rejected.namespace !== system.metadata.namespace) return false;
  const has = ({ spec }: MultiAgentSystem) => spec.apps.some((app) => app.kubernetesWorkloadName === rejected.workload);
  const known = systems.some((other) => other.metadata.namespace === system.metadata.namespace && has(other));
  return rejected.workload === null || !known || has(system);
}
