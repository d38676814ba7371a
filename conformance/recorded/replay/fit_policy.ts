import { matchesGlob } from '../../../compiler/policy/glob.ts';
import type { CASAPolicy } from '../../../crds/types.ts';
import type { ToolPlace } from './mas_of_run.ts';

/**
 * The policy without rules that name no tool of this run, which the compiler would take for mistakes: one file is for all
 * runs of a suite, and not every run was offered every tool. Such a rule decides nothing, so nothing is decided otherwise;
 * when none is left, `tools` stays, empty: nothing is allowed.
 */
export function fitPolicy(policy: CASAPolicy, places: readonly ToolPlace[]): CASAPolicy {
  const { tools } = policy.spec;
  if (tools === undefined) return policy;
  const kept = tools.filter((rule) =>
    places.some(({ server, name }) => matchesGlob(rule.server, server) && matchesGlob(rule.name, name)),
  );
  return { ...policy, spec: { ...policy.spec, tools: kept } };
}
