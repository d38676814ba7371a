import type { CompiledManifests } from './compile_manifests.ts';

/** `file:line` of a rule's id, which is `namespace/policy#index`; the id itself where the file is not known. */
export function rulePlace(manifests: Pick<CompiledManifests, 'placeOf'>, ruleId: string): string {
  const [policy = '', index = ''] = ruleId.split('#');
  return manifests.placeOf(`casapolicy/${policy}`, `spec.tools[${index}]`) ?? ruleId;
}
