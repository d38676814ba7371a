import type { CASAPolicy, MultiAgentSystem } from '../../crds/types.ts';
import type { JsonObject } from '../../policies/contract.ts';
import type { MasRegistration } from '../../policies/wire.ts';

/** The resources as the token service takes them: each MAS with the policies of its workloads. */
export function registrations(resources: {
  readonly systems: readonly MultiAgentSystem[];
  readonly policies: readonly CASAPolicy[];
}): readonly MasRegistration[] {
  return resources.systems.map((system) => {
    const workloads = new Set(system.spec.apps.map((app) => app.kubernetesWorkloadName));
    const policies = resources.policies.filter(({ metadata, spec }) => {
      return metadata.namespace === system.metadata.namespace && workloads.has(spec.targetRef.name);
    });
    return { multiAgentSystem: asJson(system), policies: policies.map(asJson) };
  });
}

function asJson(resource: MultiAgentSystem | CASAPolicy): JsonObject {
  return JSON.parse(JSON.stringify(resource)) as JsonObject; // a resource is a JSON object
}
