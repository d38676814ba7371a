/** One MAS and the policies of its workloads to its compiled form, or to issues. */
import type { Issue } from '../crds/issue.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import type { CompiledRule } from '../policies/system.ts';
import { checkPatterns, checkPolicy } from './check/check_policy.ts';
import { checkSystem } from './check/check_system.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { emitMaps } from './emit/emit_maps.ts';
import { emitPep } from './emit/emit_pep.ts';
import { emitSystem, type ResolvedApp } from './emit/emit_system.ts';
import { issueOf } from './finding.ts';
import { buildModel, type SystemModel } from './model.ts';
import { compileRules } from './policy/compile_rules.ts';
import { destinationsOf } from './policy/destinations.ts';
import { knownTools } from './policy/known_tools.ts';

export interface SystemCompilation {
  /** null exactly when an issue is an error. */
  readonly compiled: CompiledMas | null;
  readonly issues: readonly Issue[];
}

export function compileSystem(system: MultiAgentSystem, policies: readonly CASAPolicy[]): SystemCompilation {
  const model = buildModel(system, policies);
  const issues = checkSystem(model).map((finding) => issueOf(system, finding));
  const rules: (readonly [string, CompiledRule])[] = [];
  const resolved: ResolvedApp[] = [];
  const tools = knownTools(model);
  for (const app of model.apps) {
    const { destinations, findings } = destinationsOf(model, app);
    resolved.push({ app, destinations });
    if (app.policy === null) continue;
    const compiled = compileRules(app);
    rules.push(...compiled.rules);
    const found = [...findings, ...compiled.findings, ...checkPolicy(model, app, app.policy, destinations, tools)];
    for (const finding of found) issues.push(issueOf(app.policy, finding));
  }
  const document = emitSystem(model, resolved, rules);
  for (const { policy, name } of model.apps) {
    const findings = policy === null ? [] : checkPatterns(document.apps[name]?.tools ?? {}, document.rules);
    if (policy !== null) issues.push(...findings.map((finding) => issueOf(policy, finding)));
  }
  const failed = issues.some(({ severity }) => severity === 'error');
  return { compiled: failed ? null : emit(model, resolved, document), issues };
}

function emit(model: SystemModel, resolved: readonly ResolvedApp[], system: CompiledMas['system']): CompiledMas {
  const addresses = model.apps.flatMap(({ address }) => (address === null ? [] : [address]));
  return {
    mas: model.mas,
    system,
    pep: emitPep(model, system, addresses),
    maps: emitMaps(model, resolved),
  };
}
