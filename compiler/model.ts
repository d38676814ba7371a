/** One MAS with the policies of its workloads, looked up once; everything else is derived from it. */
import { compareText } from '../crds/issue.ts';
import type { App, CASAPolicy, MultiAgentSystem } from '../crds/types.ts';
import type { CompiledSystem } from '../policies/system.ts';
import { type HostPort, hostKey, parseHostPort } from './host_port.ts';
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
  /** The address's host, one text for all its spellings. */
  readonly hostKey: string | null;
  /** All for its workload, sorted by name; none: the one that the MAS implies. */
  readonly policies: readonly CASAPolicy[];
}

/** Joins a MAS and the policies of its workloads. */
export function buildModel(
  system: MultiAgentSystem,
  policiesOf: (workload: string) => readonly CASAPolicy[],
): SystemModel {
  const { namespace, name } = system.metadata;
  const apps = [...system.spec.apps]
    .sort((a, b) => compareText(a.name, b.name))
    .map((app): AppModel => {
      const portDefault = app.baseUrl.scheme === 'https' ? 443 : 80;
      const address = parseHostPort(app.baseUrl.host, portDefault);
      const key = address === null ? null : hostKey(address.host, namespace);
      return { name: app.name, app, address, hostKey: key, policies: policiesOf(app.kubernetesWorkloadName) };
    });
  return { mas: `${namespace}.${name}`, namespace, system, apps, tools: knownTools(system) };
}

/** How bundles and traces name a policy. */
export function policyName({ metadata }: CASAPolicy): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** The names of an app's policies, sorted; `implied` is the one that its MAS implies. */
export function policyNames({ policies }: AppModel): readonly string[] {
  return policies.length === 0 ? ['implied'] : policies.map(policyName);
}
