import type { KubernetesObject } from '@kubernetes/client-node';
import { compile } from '../../../compiler/compile.ts';
import type { Issue } from '../../../crds/issue.ts';
import { loadValues } from '../../../crds/load.ts';
import type { MapsDocument } from '../../../policies/maps.ts';

/** The custom resources of the cluster to the rows of each MAS; one that does not compile keeps the rows it had. */
export class RowCompiler {
  #seen = '';
  #systems: readonly MapsDocument[] = [];
  #issues: readonly Issue[] = [];

  read(resources: readonly KubernetesObject[]): {
    readonly systems: readonly MapsDocument[];
    readonly issues: readonly Issue[];
  } {
    const alive = resources.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    const seen = alive
      .map(({ metadata }) => `${metadata?.uid} ${metadata?.resourceVersion}`)
      .sort()
      .join();
    if (seen !== this.#seen) this.#compile(alive);
    this.#seen = seen;
    return { systems: this.#systems, issues: this.#issues };
  }

  #compile(alive: readonly KubernetesObject[]): void {
    const loaded = loadValues(alive.map(declared));
    const { systems, issues } = compile(loaded);
    const made = new Map(systems.map(({ mas, maps }) => [mas, maps]));
    const declaredMas = new Set(
      alive.flatMap(({ kind, metadata }) =>
        kind === 'MultiAgentSystem' ? [`${metadata?.namespace}.${metadata?.name}`] : [],
      ),
    );
    const kept = this.#systems.filter(({ mas }) => declaredMas.has(mas) && !made.has(mas));
    this.#systems = [...made.values(), ...kept];
    this.#issues = [...loaded.issues, ...issues].filter(({ severity }) => severity === 'error');
  }
}

/** As a user would apply it: what the API server adds is none of the schema's. */
function declared(object: KubernetesObject): unknown {
  const { metadata } = object;
  const spec: unknown = Reflect.get(object, 'spec');
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: metadata?.name, namespace: metadata?.namespace },
    spec,
  };
}
