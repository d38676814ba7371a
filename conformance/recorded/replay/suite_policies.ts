/** The policies that a suite is replayed against: manifests in a folder, by the suite's name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadResources, type ManifestDocument } from '../../../crds/load.ts';
import type { CASAPolicy } from '../../../crds/types.ts';
import { CasaError } from '../../../policies/errors.ts';

/** The house's own, written from the tool lists alone. */
export const ownPolicies = fileURLToPath(new URL('../policies/', import.meta.url));

export interface SuitePolicies {
  /** File of the policies; null: there is none, and the MAS implies one. */
  readonly source: string | null;
  readonly policies: readonly CASAPolicy[];
}

/** Reads `<source>-<suite>.yaml`, else `<source>.yaml`; throws `configuration_invalid` for one with errors. */
export function readSuitePolicies(folder: string, suite: string, source: string): SuitePolicies {
  const file = [suite, source].map((name) => join(folder, `${name}.yaml`)).find((path) => existsSync(path));
  if (file === undefined) return { source: null, policies: [] };
  return { source: file, policies: parsePolicies({ source: file, text: readFileSync(file, 'utf8') }) };
}

function parsePolicies(document: ManifestDocument): readonly CASAPolicy[] {
  const { policies, issues } = loadResources([document]);
  const error = issues.find(({ severity }) => severity === 'error');
  if (error === undefined) return policies;
  const place = [error.source, error.line, error.column].filter((part) => part !== undefined).join(':');
  throw new CasaError('configuration_invalid', `${place}: ${error.path}: ${error.message}`);
}
