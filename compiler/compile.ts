/** Custom resources to everything that enforces them. Pure: no clock, no network, no files. */
import { compareText, type Issue, sortIssues } from '../crds/issue.ts';
import { compileNamespace, type NamespaceResult } from './compile_namespace.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { type CompilableResources, type NamespaceResources, splitByNamespace } from './split_by_namespace.ts';

export type { CompiledMas } from './compiled_mas.ts';
export type { CompilableResources } from './split_by_namespace.ts';

export interface Compilation {
  /** Sorted by name; a MAS that an error concerns is absent. */
  readonly systems: readonly CompiledMas[];
  /** Those of loading are not repeated. */
  readonly issues: readonly Issue[];
}

/** What was compiled last, by namespace. */
export type CompileMemo = ReadonlyMap<string, Remembered>;

interface Remembered {
  readonly resources: NamespaceResources;
  readonly result: NamespaceResult;
}

/** Compiles all systems. The order of the resources never changes the result, and a mistake in one MAS no other. */
export function compile(resources: CompilableResources): Compilation {
  return recompile(resources, new Map()).compilation;
}

/**
 * As `compile`, and makes anew only namespaces of which some resource is another object than last time: keep what was loaded,
 * and never change it in place. `memo` is for the next time.
 */
export function recompile(
  resources: CompilableResources,
  before: CompileMemo,
): { readonly compilation: Compilation; readonly memo: CompileMemo } {
  const { namespaces, isUnplaced } = splitByNamespace(resources);
  const memo = new Map<string, Remembered>();
  for (const one of namespaces) {
    const known = before.get(one.namespace);
    const isSame = known !== undefined && sameResources(known.resources, one);
    memo.set(one.namespace, isSame ? known : { resources: one, result: compileNamespace(one) });
  }
  const results = [...memo.values()].map(({ result }) => result);
  return {
    compilation: {
      // INVARIANT (deny by default): what could not be read at all may have been a policy of any MAS.
      systems: isUnplaced ? [] : results.flatMap(({ systems }) => systems).sort((a, b) => compareText(a.mas, b.mas)),
      issues: sortIssues(results.flatMap(({ issues }) => issues)),
    },
    memo,
  };
}

function sameResources(one: NamespaceResources, other: NamespaceResources): boolean {
  const lists = [
    [one.systems, other.systems],
    [one.policies, other.policies],
    [one.rejected, other.rejected],
  ] as const;
  return lists.every(([a, b]) => a.length === b.length && a.every((item, index) => item === b[index]));
}
