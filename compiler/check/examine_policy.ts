/** Everything that is wrong with one policy, judged as that of the workload it names, or of the nearest name. */
import { closest } from 'fastest-levenshtein';
import { compareText, type Issue } from '../../crds/issue.ts';
import type { CASAPolicy } from '../../crds/types.ts';
import { type Finding, issueOf } from '../finding.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { compileRules } from '../policy/compile_rules.ts';
import { destinationsOf } from '../policy/destinations.ts';
import { expandRules } from '../policy/expand_rules.ts';
import { record } from '../record.ts';
import { neighbours, type World } from '../world.ts';
import { checkPatterns, checkPolicy } from './check_policy.ts';
import { checkRivals, checkTarget } from './check_targets.ts';

export function examinePolicy(policy: CASAPolicy, world: World): readonly Issue[] {
  const owner = ownerOf(policy, neighbours(world, policy.metadata.namespace));
  const findings = [
    ...checkTarget(policy, world),
    ...checkRivals(policy, world),
    // A policy that names nobody's workload still has endpoints and rules to be judged.
    ...(owner === null ? [] : examineFor(policy, owner.model, { ...owner.app, policy })),
  ];
  return findings.map((finding) => issueOf(policy, finding));
}

function examineFor(policy: CASAPolicy, model: SystemModel, from: AppModel): readonly Finding[] {
  const { destinations, findings } = destinationsOf(model, from);
  const { rules, findings: ruleFindings } = compileRules(from);
  const indexed = expandRules(from, destinations, model.tools);
  return [
    ...findings,
    ...ruleFindings,
    ...checkPolicy(model, from, policy, destinations, model.tools),
    ...checkPatterns(indexed, record(rules)),
  ];
}

interface Owner {
  readonly model: SystemModel;
  readonly app: AppModel;
}

function ownerOf({ spec }: CASAPolicy, models: readonly SystemModel[]): Owner | null {
  const owners = models
    .flatMap((model) => model.apps.map((app): Owner => ({ model, app })))
    .sort((a, b) => compareText(workloadOf(a), workloadOf(b)) || compareText(a.model.mas, b.model.mas));
  const target = spec.targetRef.name;
  const exact = owners.find((owner) => workloadOf(owner) === target);
  if (exact !== undefined || owners.length === 0) return exact ?? null;
  const nearest = closest(target.slice(0, 256), owners.map(workloadOf));
  return owners.find((owner) => workloadOf(owner) === nearest) ?? null;
}

function workloadOf({ app }: Owner): string {
  return app.app.kubernetesWorkloadName;
}
