/** Custom resources to everything that enforces them. Pure: no clock, no network, no files. */
import { compareText, type Issue, sortIssues } from '../crds/issue.ts';
import type { RejectedResource } from '../crds/parse_resource.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import { checkSystem } from './check/check_system.ts';
import { checkOwners } from './check/check_targets.ts';
import { examinePolicy } from './check/examine_policy.ts';
import { compileSystem } from './compile_system.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { issueOf } from './finding.ts';
import type { SystemModel } from './model.ts';
import { buildWorld, neighbours, type World } from './world.ts';

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
  const world = buildWorld(systems, policies);
  const ofPolicies = policies.map((policy) => ({ policy, issues: examinePolicy(policy, world) }));
  const ofSystems = world.models.map((model) => ({ model, issues: examineSystem(model, world) }));
  const failed = ofPolicies.filter(({ issues }) => hasErrors(issues)).map(({ policy }) => targetOf(policy));
  const unread = rejected.filter(({ kind }) => kind !== 'MultiAgentSystem');
  const whole = new Set(resources.systems);
  const compiled = ofSystems.flatMap(({ model, issues }) => {
    const withheld =
      !whole.has(model.system) ||
      hasErrors(issues) ||
      [...failed, ...unread].some((target) => concerns(target, model, world));
    return withheld ? [] : [compileSystem(model)];
  });
  const issues = [...ofPolicies, ...ofSystems].flatMap((examined) => examined.issues);
  return {
    systems: compiled.sort((a, b) => compareText(a.mas, b.mas)),
    issues: sortIssues(issues.filter((issue) => !isAboutRepair(issue, rejected))),
  };
}

function examineSystem(model: SystemModel, world: World): readonly Issue[] {
  return [...checkOwners(model, world), ...checkSystem(model)].map((finding) => issueOf(model.system, finding));
}

function hasErrors(issues: readonly Issue[]): boolean {
  return issues.some(({ severity }) => severity === 'error');
}

/** What is said of a repaired resource may come of the repair: errors at new places are kept. */
function isAboutRepair(issue: Issue, rejected: readonly RejectedResource[]): boolean {
  const about = rejected.filter(({ resource }) => resource === issue.resource);
  return about.length > 0 && (issue.severity === 'warning' || about.some(({ paths }) => paths.includes(issue.path)));
}

/** What is known of the workload that a policy is for. */
type Target = Pick<RejectedResource, 'namespace' | 'workload'>;

function targetOf({ metadata, spec }: CASAPolicy): Target {
  return { namespace: metadata.namespace, workload: spec.targetRef.name };
}

/**
 * INVARIANT (deny by default): a policy with errors is not an absent one, whose workload would get the wider policy that
 * its MAS implies. When nobody has the workload, any workload of the namespace may have been meant.
 */
function concerns({ namespace, workload }: Target, model: SystemModel, world: World): boolean {
  if (namespace === null) return true;
  if (namespace !== model.namespace) return false;
  const has = ({ apps }: SystemModel) => apps.some(({ app }) => app.kubernetesWorkloadName === workload);
  return has(model) || !neighbours(world, namespace).some(has);
}
