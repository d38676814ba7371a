import { CasaError } from '../../policies/errors.ts';
import type { PepApp, PepDocument } from '../../policies/pep.ts';
import type { CompiledApp, CompiledSystem } from '../../policies/system.ts';

/** One app as its Envoy needs it: what the policy and the PEP document say of it, side by side. */
export interface Workload {
  readonly mas: string;
  readonly app: string;
  readonly policy: CompiledApp;
  readonly pep: PepApp;
  readonly document: PepDocument;
}

export type Direction = 'inbound' | 'outbound';

/** The app's workload; throws `configuration_invalid` when the MAS has no such app. */
export function findWorkload(compiled: { system: CompiledSystem; pep: PepDocument }, app: string): Workload {
  const policy = compiled.system.apps[app];
  const pep = compiled.pep.apps[app];
  if (policy === undefined || pep === undefined) {
    throw new CasaError('configuration_invalid', `no app named \`${app}\` in \`${compiled.system.name}\``);
  }
  return { mas: compiled.system.name, app, policy, pep, document: compiled.pep };
}
