import { CasaError } from '../../policies/errors.ts';
import { bankNamespace, llmNamespace, runtimeNamespace } from './names.ts';
import type { Tools } from './tools.ts';

/** Kinds that no namespace takes with it, and what of them would be ours. */
const kinds = [
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'customresourcedefinitions',
  'clusterroles',
  'clusterrolebindings',
  'namespaces',
] as const;
const ours = new RegExp(`casa|^namespace/(${bankNamespace}|${llmNamespace}|${runtimeNamespace})$`);

/** Throws when anything of ours is left in the cluster. */
export async function checkRemoved(tools: Tools): Promise<string> {
  const listed = await tools.kubectl('get', kinds.join(','), '-o', 'name');
  const left = listed.split('\n').filter((name) => ours.test(name));
  if (left.length > 0) throw new CasaError('bug', `left in the cluster: ${left.join(', ')}`);
  return `none of ours among ${kinds.join(', ')}`;
}
