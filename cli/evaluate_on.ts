import type { EvaluateOn } from '../compiler/explain/rule_matches.ts';
import { PolicyEngine } from '../policies/engine/engine.ts';
import { CasaError } from '../policies/errors.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import type { CompiledSystem } from '../policies/system.ts';

/** Systems of one name that are kept loaded: both sides of a comparison, and rules of each on their own. */
const enginesMax = 4;

/** The engine for systems that are compared; the one of its name that was loaded first makes room for another. */
export async function openEvaluateOn(): Promise<EvaluateOn> {
  const { wasm } = readPolicyModules();
  const engines = await Promise.all(Array.from({ length: enginesMax }, () => PolicyEngine.open(wasm)));
  const slots = engines.map((engine) => ({ engine, loaded: new Map<string, CompiledSystem>() }));
  const turns = new Map<string, number>();
  return (system, input) => {
    const { name } = system;
    const open = slots.find(({ loaded }) => loaded.get(name) === system);
    if (open !== undefined) return open.engine.evaluate(input);
    const turn = turns.get(name) ?? 0;
    turns.set(name, (turn + 1) % slots.length);
    const slot = slots[turn];
    if (slot === undefined) throw new CasaError('bug', 'no engine to load into');
    slot.engine.load(name, { mas: system }, 'compared');
    slot.loaded.set(name, system);
    return slot.engine.evaluate(input);
  };
}
