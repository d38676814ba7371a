import type { CASAPolicy, MultiAgentSystem } from '../../../crds/types.ts';
import { CasaError } from '../../../policies/errors.ts';
import { readPolicyModules } from '../../../policies/read_modules.ts';
import type { Parts } from '../../../runtime/parts.ts';
import { compileMas } from '../../../runtime/policy/compile_mas.ts';
import type { ServedMas } from '../../../runtime/policy/policy_set.ts';
import { applyMas } from '../../../runtime/policy/stored_mas.ts';
import { registrations } from '../registrations.ts';

/** Compiles and serves the systems; throws `configuration_invalid` with the first issue when one cannot be served. */
export async function serveSystems(
  parts: Parts,
  resources: { readonly systems: readonly MultiAgentSystem[]; readonly policies: readonly CASAPolicy[] },
): Promise<readonly ServedMas[]> {
  const all: ServedMas[] = [];
  for (const registration of registrations(resources)) {
    const compiled = await compileMas(registration, readPolicyModules());
    if (compiled.kind === 'issues') {
      const [issue] = compiled.issues;
      throw new CasaError('configuration_invalid', `${issue?.resource} ${issue?.path}: ${issue?.message}`);
    }
    await applyMas(parts, registration, compiled.served);
    all.push(compiled.served);
  }
  return all;
}
