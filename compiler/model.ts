/** One MAS with the policies of its workloads, looked up once; everything else is derived from it. */
import { compareText } from '../crds/issue.ts';
import type { App, CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import { type HostPort, parseHostPort } from './host_port.ts';

export interface SystemModel {
  /** `namespace.name` */
  readonly mas: string;
  readonly namespace: string;
  readonly system: MultiAgentSystem;
  /** Sorted by name. */
  readonly apps: readonly AppModel[];
}

export interface AppModel {
  readonly name: string;
  readonly app: App;
  /** null: the port is none, which is an issue. */
  readonly address: HostPort | null;
  /** null: the one that the MAS implies. */
  readonly policy: CASAPolicy | null;
}

/** Joins a MAS and the policies of its namespace. With several policies for one workload, an issue, the first by name stands. */
export function buildModel(system: MultiAgentSystem, policies: readonly CASAPolicy[]): SystemModel {
  const { namespace, name } = system.metadata;
  const apps = [...system.spec.apps]
    .sort((a, b) => compareText(a.name, b.name))
    .map((app): AppModel => {
      const [policy] = policiesOf(app.kubernetesWorkloadName, namespace, policies);
      const portDefault = app.baseUrl.scheme === 'https' ? 443 : 80;
      return { name: app.name, app, address: parseHostPort(app.baseUrl.host, portDefault), policy: policy ?? null };
    });
  return { mas: `${namespace}.${name}`, namespace, system, apps };
}

/** The policies for one workload, sorted by name. */
export function policiesOf(
  workload: string,
  namespace: string,
  policies: readonly CASAPolicy[],
): readonly CASAPolicy[] {
  return policies
    .filter(({ metadata, spec }) => metadata.namespace === namespace && spec.targetRef.name === workload)
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** How bundles and traces name a policy. */
export function policyName(policy: CASAPolicy | null): string {
  return policy === null ? 'implied' : `${policy.metadata.namespace}/${policy.metadata.name}`;
}
