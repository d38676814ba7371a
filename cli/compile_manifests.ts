/** What `lint` and `compile` share: paths to compiled systems and located issues. */

import { type CompiledMas, compile } from '../compiler/compile.ts';
import { type Issue, sortIssues } from '../crds/issue.ts';
import { loadResources } from '../crds/load.ts';
import type { CASAPolicy } from '../crds/types.ts';
import { readManifests } from './read_manifests.ts';

export interface CompiledManifests {
  readonly systems: readonly CompiledMas[];
  readonly issues: readonly Issue[];
  /** `namespace.name` of every MAS that was read, in order. */
  readonly read: readonly string[];
  /** Every policy that was read. */
  readonly policies: readonly CASAPolicy[];
  /** Where something of a resource is written; `path` as in `Issue`. */
  readonly placeOf: (resource: string, path: string) => string | null;
}

export function compileManifests(paths: readonly string[]): CompiledManifests {
  const loaded = loadResources(readManifests(paths));
  const { systems, issues } = compile(loaded);
  return {
    systems,
    issues: sortIssues([...loaded.issues, ...issues.map(loaded.locate)]),
    read: loaded.systems.map(({ metadata }) => `${metadata.namespace}.${metadata.name}`).sort(),
    policies: loaded.policies,
    placeOf: (resource, path) => {
      const { source, line } = loaded.locate({ code: '', severity: 'error', resource, path, message: '' });
      return source === undefined ? null : [source, line].filter((part) => part !== undefined).join(':');
    },
  };
}
