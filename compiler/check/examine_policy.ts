/** Everything that is wrong with one policy, judged as one of the workload it names, or of the name that is near. */
import { closest } from 'fastest-levenshtein';
import { compareText, type Issue } from '../../crds/issue.ts';
import type { CASAPolicy } from '../../crds/types.ts';
import { type Finding, issueOf } from '../finding.ts';
import type { AppModel } from '../model.ts';
import { compileRules } from '../policy/compile_rules.ts';
import { type DerivedApp, deriveApp } from '../policy/derive_app.ts';
import type { Owner, World } from '../world.ts';
import { checkPolicy } from './check_policy.ts';
import { checkMerge, checkTarget, nearWorkload } from './check_targets.ts';

/** `derivedOf` is what was made of the app already. */
export function examinePolicy(
  policy: CASAPolicy,
  world: World,
  derivedOf: (app: AppModel) => DerivedApp | undefined,
): readonly Issue[] {
  const [owner] = world.ownersByWorkload.get(policy.spec.targetRef.name) ?? [];
  const findings = [
    ...checkTarget(policy, world),
    ...(owner === undefined ? examineAlone(policy, world) : examineAs(policy, owner, derivedOf(owner.app))),
  ];
  return findings.map((finding) => issueOf(policy, finding));
}

function examineAs(policy: CASAPolicy, { model, app }: Owner, known: DerivedApp | undefined): readonly Finding[] {
  const derived = known ?? deriveApp(model, app);
  const own = derived.policies.find((one) => one.policy === policy);
  if (own === undefined) return [];
  return [...checkMerge(policy, app), ...own.findings, ...checkPolicy(model, derived, own)];
}

/** A policy that may have meant another workload has endpoints and rules to be judged; of the others only the rules' form. */
function examineAlone(policy: CASAPolicy, world: World): readonly Finding[] {
  const { name } = policy.spec.targetRef;
  if (nearWorkload(name, world) === '') return compileRules(policy).findings;
  const nearest = closest(name, [...world.ownersByWorkload.keys()].sort(compareText));
  const [owner] = world.ownersByWorkload.get(nearest) ?? [];
  if (owner === undefined) return [];
  return examineAs(policy, { model: owner.model, app: { ...owner.app, policies: [policy] } }, undefined);
}
