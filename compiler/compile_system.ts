/** One MAS and the policies of its workloads to its compiled form. */
import type { CompiledMas } from './compiled_mas.ts';
import { emitMaps } from './emit/emit_maps.ts';
import { emitPep } from './emit/emit_pep.ts';
import { emitSystem } from './emit/emit_system.ts';
import type { SystemModel } from './model.ts';
import type { DerivedApp } from './policy/derive_app.ts';

/** The apps are those of the model, in its order, and without errors: what they say wrongly is left out. */
export function compileSystem(model: SystemModel, apps: readonly DerivedApp[]): CompiledMas {
  const system = emitSystem(model, apps);
  return { mas: model.mas, system, pep: emitPep(model, system), maps: emitMaps(model, apps) };
}
