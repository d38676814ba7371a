/** The resources of one MAS, as a user applies them, to what serves; or to everything that is wrong with them. */
import { emitBundle } from '../../compiler/bundle.ts';
import { packBundle } from '../../compiler/bundle_tar.ts';
import { compile } from '../../compiler/compile.ts';
import type { Issue } from '../../crds/issue.ts';
import { loadValues } from '../../crds/load.ts';
import type { MultiAgentSystem } from '../../crds/types.ts';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { MasRegistration } from '../../policies/wire.ts';
import { withDiscovered } from './discovered_tools.ts';
import type { ServedMas } from './policy_set.ts';

export const policiesPerMasMax = 1_000;

export type CompiledRegistration =
  | { readonly kind: 'compiled'; readonly served: ServedMas; readonly issues: readonly Issue[] }
  | { readonly kind: 'issues'; readonly issues: readonly Issue[] };

/** Warnings come along with the result; one error and there is no result. */
export async function compileMas(registration: MasRegistration, modules: PolicyModules): Promise<CompiledRegistration> {
  const loaded = loadValues([withDiscovered(registration), ...registration.policies]);
  const compiled = compile(loaded);
  const issues = [...loaded.issues, ...compiled.issues];
  const [system] = loaded.systems;
  const [mas] = compiled.systems;
  if (system === undefined || mas === undefined || compiled.systems.length > 1 || issues.some(isError)) {
    return { kind: 'issues', issues: issues.some(isError) ? issues : [...issues, notOneSystem] };
  }
  const bundle = emitBundle(mas, modules);
  const served: ServedMas = {
    mas: mas.mas,
    revision: bundle.revision,
    system: mas.system,
    pep: mas.pep,
    tokenTtlSeconds: system.spec.tokenTtlSeconds,
    sessionTtlSeconds: system.spec.sessionTtlSeconds,
    semantic: system.spec.semanticCheck,
    toolClasses: declaredClasses(system),
    discovered: registration.discovered ?? {},
    packed: await packBundle(bundle),
  };
  return { kind: 'compiled', served, issues };
}

function declaredClasses({ spec }: MultiAgentSystem): ServedMas['toolClasses'] {
  return new Map(
    spec.apps.flatMap((app) =>
      (app.tools ?? []).flatMap(({ name, classes }) =>
        classes === undefined ? [] : [[`${app.name}/${name}`, classes] as const],
      ),
    ),
  );
}

/** The body of `POST /mas`, or what is wrong with its shape; the resources in it are judged by `compileMas`. */
export function parseMasRegistration(body: unknown): MasRegistration | string {
  if (typeof body !== 'object' || body === null) return 'the body must be an object';
  const { multiAgentSystem, policies } = body as { readonly [name: string]: unknown }; // an object: see above
  if (typeof multiAgentSystem !== 'object' || multiAgentSystem === null || Array.isArray(multiAgentSystem)) {
    return '`multiAgentSystem` must be an object';
  }
  if (!Array.isArray(policies) || policies.length > policiesPerMasMax) {
    return `\`policies\` must be a list of at most ${policiesPerMasMax}`;
  }
  return { multiAgentSystem, policies } as MasRegistration; // JSON: `loadValues` takes every item as unknown
}

function isError(issue: Issue): boolean {
  return issue.severity === 'error';
}

const notOneSystem: Issue = {
  code: 'not_one_system',
  severity: 'error',
  resource: '',
  path: 'multiAgentSystem',
  message: 'exactly one MultiAgentSystem is expected, and its CASAPolicies beside it',
};
