/** What `lint` and `compile` share: paths to compiled systems and located issues. */

import { type CompiledMas, compile } from '../compiler/compile.ts';
import { type Issue, sortIssues } from '../crds/issue.ts';
import { loadResources } from '../crds/load.ts';
import { readManifests } from './read_manifests.ts';

export interface CompiledManifests {
  readonly systems: readonly CompiledMas[];
  readonly issues: readonly Issue[];
  /** `namespace.name` of every MAS that was read, in order. */
  readonly read: readonly string[];
}

export function compileManifests(paths: readonly string[]): CompiledManifests {
  const loaded = loadResources(readManifests(paths));
  const { systems, issues } = compile(loaded);
  return {
    systems,
    issues: sortIssues([...loaded.issues, ...issues.map(loaded.locate)]),
    read: loaded.systems.map(({ metadata }) => `${metadata.namespace}.${metadata.name}`).sort(),
  };
}
