import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MasRegistration } from '../../policies/wire.ts';
import { installedModelsPath } from '../../runtime/semantic/installed_models.ts';
import { modelName } from '../../runtime/semantic/similarity/sentence_model.ts';

/** What the runtime's semantic check is to work with; the verifier's key may also be in `CASA_VERIFIER_KEY`. */
export interface SemanticOptions {
  /** Folder of the sentence model's folder; where `scripts/install_model.mjs` puts it when not said. */
  readonly modelsDir?: string;
  readonly verifierUrl?: string;
  readonly verifierModel?: string;
  readonly verifierKeyFile?: string;
}

/** The environment variables of the runtime that a user may set for `casa local`. */
export const verifierVariables = ['CASA_VERIFIER_URL', 'CASA_VERIFIER_MODEL', 'CASA_VERIFIER_KEY'] as const;

/** The runtime's flags; its working folder is another one, so that paths are whole. */
export function semanticFlags(options: SemanticOptions): { readonly [flag: string]: string } {
  const { verifierUrl, verifierModel, verifierKeyFile } = options;
  return {
    'models-dir': modelsPath(options),
    ...(verifierUrl === undefined ? {} : { 'verifier-url': verifierUrl }),
    ...(verifierModel === undefined ? {} : { 'verifier-model': verifierModel }),
    ...(verifierKeyFile === undefined ? {} : { 'verifier-key-file': resolve(verifierKeyFile) }),
  };
}

/** What will be refused because a part of the check is not there, and how to get it; null: it is, or nobody needs it. */
export function missingModel(options: SemanticOptions, systems: readonly MasRegistration[]): string | null {
  const folder = join(modelsPath(options), modelName);
  if (existsSync(folder) || !systems.some(needsModel)) return null;
  return `no sentence model in ${folder}: calls that need it are refused with semantic_unavailable; \`node scripts/install_model.mjs\` gets it`;
}

function needsModel({ multiAgentSystem }: MasRegistration): boolean {
  // Loaded by `crds`, and therefore of the published schema.
  const { spec } = multiAgentSystem as {
    readonly spec: { readonly enabledToolChecks?: readonly string[]; readonly semanticCheck?: { strategy?: string } };
  };
  const isEnabled = spec.enabledToolChecks?.includes('AI_POWERED_TOOL_MATCH') === true;
  return isEnabled && spec.semanticCheck?.strategy !== 'llm_verifier';
}

function modelsPath({ modelsDir }: SemanticOptions): string {
  return modelsDir === undefined ? installedModelsPath() : resolve(modelsDir);
}
