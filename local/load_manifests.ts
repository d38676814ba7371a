import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledMas, compile } from '../compiler/compile.ts';
import type { Issue } from '../crds/issue.ts';
import { loadResources, type ManifestDocument } from '../crds/load.ts';
import type { JsonObject } from '../policies/contract.ts';
import { CasaError } from '../policies/errors.ts';
import type { MasRegistration } from '../policies/wire.ts';

export interface LoadedManifests {
  readonly systems: readonly CompiledMas[];
  /** What the runtime is told: each system with the policies of its namespace. */
  readonly registrations: readonly MasRegistration[];
  readonly issues: readonly Issue[];
}

/** Reads and compiles manifests; throws `configuration_invalid` when a path cannot be read. */
export function loadManifests(paths: readonly string[]): LoadedManifests {
  const loaded = loadResources(paths.flatMap(readManifests));
  const compiled = compile(loaded);
  const registrations = loaded.systems
    .filter(({ metadata }) => compiled.systems.some(({ mas }) => mas === `${metadata.namespace}.${metadata.name}`))
    .map((system): MasRegistration => {
      const policies = loaded.policies.filter(({ metadata }) => metadata.namespace === system.metadata.namespace);
      return { multiAgentSystem: asJson(system), policies: policies.map(asJson) };
    });
  return { systems: compiled.systems, registrations, issues: [...loaded.issues, ...compiled.issues] };
}

function readManifests(path: string): readonly ManifestDocument[] {
  try {
    const files = statSync(path).isDirectory() ? yamlFiles(path) : [path];
    return files.map((source) => ({ source, text: readFileSync(source, 'utf8') }));
  } catch (cause) {
    throw new CasaError('configuration_invalid', `cannot read manifests at \`${path}\``, { cause });
  }
}

function yamlFiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

function asJson(resource: object): JsonObject {
  // Resources are loaded from YAML and hold nothing that JSON does not.
  return JSON.parse(JSON.stringify(resource)) as JsonObject;
}
