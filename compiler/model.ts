/** One MAS with the policies of its workloads, looked up once; everything else is derived from it. */
import { compareText } from '../crds/issue.ts';
import type { App, CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import type { CompiledSystem } from '../policies/system.ts';
import { type HostPort, parseHostPort } from './host_port.ts';
import { knownTools } from './known_tools.ts';

export interface SystemModel {
  /** `namespace.name` */
  readonly mas: string;
  readonly namespace: string;
  readonly system: MultiAgentSystem;
  /** Sorted by name. */
  readonly apps: readonly AppModel[];
  /** The tools that are known, by server. */
  readonly tools: CompiledSystem['tools'];
}

export interface AppModel {
  readonly name: string;
  readonly app: App;
  /** null: the port is none, which is an issue. */
  readonly address: HostPort | null;
  /** null: the one that the MAS implies. */
  readonly policy: CASAPolicy | null;
}

/** Joins a MAS and the policies of its workloads. With several for one, which is an issue, the first by name stands. */
export function buildModel(system: MultiAgentSystem, policyOf: (workload: string) => CASAPolicy | null): SystemModel {
  const { namespace, name } = system.metadata;
  const apps = [...system.spec.apps]
    .sort((a, b) => compareText(a.name, b.name))
    .map((app): AppModel => {
      const portDefault = app.baseUrl.scheme === 'https' ? 443 : 80;
      const address = parseHostPort(app.baseUrl.host, portDefault);
      return { name: app.name, app, address, policy: policyOf(app.kubernetesWorkloadName) };
    });
  return { mas: `${namespace}.${name}`, namespace, system, apps, tools: knownTools(system) };
}

/** How bundles and traces name a policy. */
export function policyName(policy: CASAPolicy | null): string {
  return policy === null ? 'implied' : `${policy.metadata.namespace}/${policy.metadata.name}`;
}
