/** A compiled MAS that runs are replayed on, and where each of their tools is in it. */
import { type CompiledMas, compile } from '../../../compiler/compile.ts';
import { loadValues } from '../../../crds/load.ts';
import type { CASAPolicy } from '../../../crds/types.ts';
import { checkNames } from '../../../policies/contract.ts';
import type { OfferedTool } from '../read/recorded_run.ts';
import { fitPolicy } from './fit_policy.ts';
import { agent, masOfRun, type ToolPlace } from './mas_of_run.ts';

export interface ReplaySite {
  readonly compiled: CompiledMas;
  readonly agent: string;
  /** null: no tool of this MAS. Two that it could be are none. */
  readonly placeOf: (tool: string) => ToolPlace | null;
}

export type BuiltSite =
  | { readonly kind: 'site'; readonly site: ReplaySite }
  /** The run cannot be replayed. */
  | { readonly kind: 'problem'; readonly why: string };

/** The MAS of a run's own tool list, under these policies; by the loader and the compiler of production. */
export function siteOfTools(
  suite: string,
  tools: readonly OfferedTool[],
  policies: readonly CASAPolicy[],
  semantic = false,
): BuiltSite {
  const { resource, places } = masOfRun(suite, tools, semantic ? checkNames : checkNames.slice(0, 2));
  if (places.size < tools.length) return { kind: 'problem', why: 'two of the tools have one name' };
  const loaded = loadValues([resource]);
  const fitted = policies.map((policy) => fitPolicy(policy, [...places.values()]));
  const { systems, issues } = compile({ ...loaded, policies: fitted });
  const [compiled] = systems;
  if (compiled === undefined) {
    const [first] = [...loaded.issues, ...issues].filter(({ severity }) => severity === 'error');
    return { kind: 'problem', why: `no MAS can be made of it: ${first?.path ?? ''}: ${first?.message ?? 'no issue'}` };
  }
  return { kind: 'site', site: { compiled, agent, placeOf: (tool) => places.get(tool) ?? null } };
}
