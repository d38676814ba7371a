/** All custom resources of a cluster to what each MAS should be: what to serve, or what is wrong. No clock, no network. */
import { compile } from '../../../compiler/compile.ts';
import type { Issue } from '../../../crds/issue.ts';
import { loadValues } from '../../../crds/load.ts';
import type { PolicyModules } from '../../../policies/read_modules.ts';
import type { MasRegistration } from '../../../policies/wire.ts';
import { compileMas } from '../../policy/compile_mas.ts';
import { type DiscoveredTools, withDiscovered } from '../../policy/discovered_tools.ts';
import type { ServedMas } from '../../policy/policy_set.ts';
import { type CustomResource, identify, masName, resourceOf } from './custom_resource.ts';

/** What `casa lint` says of one MAS and its policies, and what would serve. */
export interface Verdict {
  readonly mas: string;
  readonly issues: readonly Issue[];
  /** null: an error concerns the MAS, and nothing of it may be published. */
  readonly wanted: { readonly registration: MasRegistration; readonly served: ServedMas } | null;
}

export interface Judgement {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** By `Issue.resource`, for the status of the policies. */
  readonly issuesOf: ReadonlyMap<string, readonly Issue[]>;
}

/** `discoveredOf`: tools that are known of a MAS already. A MAS is judged with all others at hand, and made from its own resources alone: one mistake never touches another MAS. */
export async function judgeWorld(
  resources: readonly CustomResource[],
  modules: PolicyModules,
  discoveredOf: (mas: string) => DiscoveredTools,
): Promise<Judgement> {
  const alive = resources.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const loaded = loadValues(alive.map((resource) => writtenOf(resource, discoveredOf)));
  const compiled = compile(loaded);
  const issues = [...loaded.issues, ...compiled.issues];
  const accepted = new Set(compiled.systems.map(({ mas }) => mas));
  const verdicts = new Map<string, Verdict>();
  for (const system of alive.filter(({ kind }) => kind === 'MultiAgentSystem')) {
    const mas = masName(system);
    const own = policiesOf(system, alive);
    const named = new Set([system, ...own].map(resourceOf));
    const about = issues.filter(({ resource }) => named.has(resource));
    if (accepted.has(mas)) {
      const registration = { ...registrationOf(system, own), discovered: discoveredOf(mas) };
      const result = await compileMas(registration, modules);
      const wanted = result.kind === 'compiled' ? { registration, served: result.served } : null;
      verdicts.set(mas, { mas, issues: result.kind === 'compiled' ? about : result.issues, wanted });
      continue;
    }
    // A policy whose workload nobody has may have been meant for any MAS of its namespace.
    const around = issues.filter(({ resource }) => resource.startsWith(`casapolicy/${system.metadata.namespace}/`));
    verdicts.set(mas, { mas, issues: about.some(isError) ? about : [...about, ...around], wanted: null });
  }
  return { verdicts, issuesOf: byResource(issues) };
}

/** The policies of a MAS: those of its namespace for one of its workloads. */
export function policiesOf(system: CustomResource, all: readonly CustomResource[]): readonly CustomResource[] {
  const { workloads } = identify(system);
  return all
    .filter(({ kind, metadata }) => kind === 'CASAPolicy' && metadata.namespace === system.metadata.namespace)
    .filter((policy) => workloads.includes(identify(policy).target ?? ''))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function isError({ severity }: Issue): boolean {
  return severity === 'error';
}

function byResource(issues: readonly Issue[]): ReadonlyMap<string, readonly Issue[]> {
  const groups = new Map<string, Issue[]>();
  for (const issue of issues) groups.set(issue.resource, [...(groups.get(issue.resource) ?? []), issue]);
  return groups;
}

/** What a user wrote: what the API server adds never changes what is stored. */
function registrationOf(system: CustomResource, policies: readonly CustomResource[]): MasRegistration {
  const written = ({ apiVersion, kind, metadata: { name, namespace }, spec }: CustomResource) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec,
  });
  // `as`: JSON of an API server; `compileMas` takes every part as unknown.
  return { multiAgentSystem: written(system), policies: policies.map(written) } as unknown as MasRegistration;
}

/** The resource without its status, with the tools that are known of it. */
function writtenOf(resource: CustomResource, discoveredOf: (mas: string) => DiscoveredTools): unknown {
  const { apiVersion, kind, metadata, spec } = resource;
  const value = { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace }, spec };
  if (kind !== 'MultiAgentSystem') return value;
  // `as`: JSON of an API server; `withDiscovered` looks at every part.
  const multiAgentSystem = value as unknown as MasRegistration['multiAgentSystem'];
  return withDiscovered({ multiAgentSystem, policies: [], discovered: discoveredOf(masName(resource)) });
}
