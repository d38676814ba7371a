/** One MAS and the policies of its workloads to its compiled form. */
import type { CompiledMas } from './compiled_mas.ts';
import { emitMaps } from './emit/emit_maps.ts';
import { emitPep } from './emit/emit_pep.ts';
import { emitSystem } from './emit/emit_system.ts';
import type { SystemModel } from './model.ts';
import { compileRules } from './policy/compile_rules.ts';
import { destinationsOf } from './policy/destinations.ts';

/** The resources must be without errors: what they say wrongly is left out. */
export function compileSystem(model: SystemModel): CompiledMas {
  const resolved = model.apps.map((app) => ({ app, destinations: destinationsOf(model, app).destinations }));
  const rules = model.apps.flatMap((app) => compileRules(app).rules);
  const system = emitSystem(model, resolved, rules);
  return { mas: model.mas, system, pep: emitPep(model, system), maps: emitMaps(model, resolved) };
}
