/** The systems of one namespace, compiled and judged with all policies of it at hand. */
import type { Issue } from '../crds/issue.ts';
import type { RejectedResource } from '../crds/parse_resource.ts';
import type { CASAPolicy } from '../crds/types.ts';
import { checkSystem } from './check/check_system.ts';
import { checkOwners, nearWorkload } from './check/check_targets.ts';
import { examinePolicy } from './check/examine_policy.ts';
import { compileSystem } from './compile_system.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { issueOf } from './finding.ts';
import type { AppModel, SystemModel } from './model.ts';
import { type DerivedApp, deriveApp } from './policy/derive_app.ts';
import type { NamespaceResources } from './split_by_namespace.ts';
import { buildWorld, type World } from './world.ts';

export interface NamespaceResult {
  readonly systems: readonly CompiledMas[];
  readonly issues: readonly Issue[];
}

export function compileNamespace({ namespace, systems, policies, rejected }: NamespaceResources): NamespaceResult {
  // Repaired resources are looked at for more issues, and never compiled.
  const mended = rejected.flatMap(({ repaired }) => repaired ?? []);
  const mendedSystems = mended.flatMap((one) => (one.kind === 'system' ? [one.system] : []));
  const mendedPolicies = mended.flatMap((one) => (one.kind === 'policy' ? [one.policy] : []));
  const isHere = ({ metadata }: SystemModel['system'] | CASAPolicy) => metadata.namespace === namespace;
  const world = buildWorld(
    namespace,
    [...systems, ...mendedSystems.filter(isHere)],
    [...policies, ...mendedPolicies.filter(isHere)],
  );
  const derived = new Map<AppModel, DerivedApp>(
    world.models.flatMap((model) => model.apps.map((app) => [app, deriveApp(model, app)] as const)),
  );
  const ofPolicies = world.policies.map((policy) => ({
    policy,
    issues: examinePolicy(policy, world, (app) => derived.get(app)),
  }));
  const ofSystems = world.models.map((model) => ({ model, issues: examineSystem(model, world) }));
  const failed = ofPolicies.filter(({ issues }) => hasErrors(issues)).map(({ policy }) => targetOf(policy));
  const unread = rejected.filter(({ kind }) => kind !== 'MultiAgentSystem');
  const whole = new Set(systems);
  const issues = [...ofPolicies, ...ofSystems].flatMap((examined) => examined.issues);
  return {
    systems: ofSystems.flatMap(({ model, issues: own }) => {
      const isWithheld =
        !whole.has(model.system) ||
        hasErrors(own) ||
        [...failed, ...unread].some((target) => concerns(target, model, world));
      return isWithheld
        ? []
        : [
            compileSystem(
              model,
              model.apps.flatMap((app) => derived.get(app) ?? []),
            ),
          ];
    }),
    issues: issues.filter((issue) => !isAboutRepair(issue, rejected)),
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
 * its MAS implies. When nobody has the workload, but one of a similar name, any of the namespace may have been meant.
 */
function concerns({ namespace, workload }: Target, { mas }: SystemModel, world: World): boolean {
  if (namespace !== null && namespace !== world.namespace) return false;
  const owners = workload === null ? undefined : world.ownersByWorkload.get(workload);
  if (owners !== undefined) return owners.some(({ model }) => model.mas === mas);
  return workload === null || nearWorkload(workload, world) !== '';
}
