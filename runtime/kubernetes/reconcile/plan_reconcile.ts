/** The controller's one decision: what there is and what should be, to what must be done. Pure. */
import type { MasRegistration } from '../../../policies/wire.ts';
import type { ServedMas } from '../../policy/policy_set.ts';
import { type CustomResource, finalizer, identify, masName } from './custom_resource.ts';
import { type Judgement, policiesOf } from './judge_world.ts';
import { planMasStatus, planPolicyStatus, type ResourceStatus, sameStatus } from './plan_status.ts';

export interface Observed {
  readonly resources: readonly CustomResource[];
  /** Revision that the runtime serves, by MAS. */
  readonly serving: ReadonlyMap<string, string>;
  /** `MAS/APP` of the apps with a ready enforcement point. */
  readonly readyApps: ReadonlySet<string>;
}

export type Action =
  | { readonly kind: 'add_finalizer'; readonly resource: CustomResource }
  | {
      readonly kind: 'publish';
      readonly mas: string;
      readonly registration: MasRegistration;
      readonly served: ServedMas;
    }
  | { readonly kind: 'withdraw'; readonly mas: string }
  | { readonly kind: 'remove_finalizer'; readonly resource: CustomResource }
  | { readonly kind: 'write_status'; readonly resource: CustomResource; readonly status: ResourceStatus };

/**
 * In the order they must be done. The finalizer comes before anything is published, and goes after all is withdrawn. A MAS
 * that came by the management API and has no resource is left alone.
 */
export function planReconcile(observed: Observed, desired: Judgement, now: string): readonly Action[] {
  const systems = observed.resources.filter(({ kind }) => kind === 'MultiAgentSystem');
  const alive = systems.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const policies = observed.resources.filter(({ kind }) => kind === 'CASAPolicy');
  return [
    ...systems.flatMap((system) => planSystem(system, observed, desired, now)),
    ...policies.flatMap((policy) => planPolicy(policy, alive, observed, desired, now)),
  ];
}

function planSystem(system: CustomResource, observed: Observed, desired: Judgement, now: string): readonly Action[] {
  const mas = masName(system);
  const held = system.metadata.finalizers.includes(finalizer);
  const serving = observed.serving.get(mas) ?? null;
  if (system.metadata.deletionTimestamp !== undefined) {
    return [
      ...(serving === null ? [] : [{ kind: 'withdraw', mas } as const]),
      ...(held ? [{ kind: 'remove_finalizer', resource: system } as const] : []),
    ];
  }
  const verdict = desired.verdicts.get(mas);
  if (verdict === undefined) return [];
  const actions: Action[] = held ? [] : [{ kind: 'add_finalizer', resource: system }];
  const publishes = verdict.wanted !== null && verdict.wanted.served.revision !== serving;
  if (verdict.wanted !== null && publishes) actions.push({ kind: 'publish', mas, ...verdict.wanted });
  const ready = new Set(identify(system).apps.filter((app) => observed.readyApps.has(`${mas}/${app}`)));
  const revision = publishes ? (verdict.wanted?.served.revision ?? serving) : serving;
  const status = planMasStatus(system, verdict, { revision, ready }, now);
  if (!sameStatus(system.status, status)) actions.push({ kind: 'write_status', resource: system, status });
  return actions;
}

function planPolicy(
  policy: CustomResource,
  systems: readonly CustomResource[],
  observed: Observed,
  desired: Judgement,
  now: string,
): readonly Action[] {
  if (policy.metadata.deletionTimestamp !== undefined) return [];
  const owner = systems.find((system) => policiesOf(system, observed.resources).includes(policy));
  const verdict = owner === undefined ? undefined : desired.verdicts.get(masName(owner));
  const status = planPolicyStatus(policy, owner === undefined ? null : masName(owner), verdict, desired, now);
  return sameStatus(policy.status, status) ? [] : [{ kind: 'write_status', resource: policy, status }];
}
