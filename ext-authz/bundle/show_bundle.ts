import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ShownBundle } from '../../policies/pep.ts';
import type { LoadedPolicy } from './loaded_policy.ts';

/** Puts the policy in force where the supervisor of Envoy reads it, whole at every moment; null takes it away. */
export function showBundle(path: string | null, policy: LoadedPolicy | null): void {
  if (path === null) return;
  if (policy === null) {
    rmSync(path, { force: true });
    return;
  }
  const { revision, system, pep } = policy;
  const shown: ShownBundle = { revision, system, pep };
  writeFileSync(`${path}.new`, JSON.stringify(shown), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
