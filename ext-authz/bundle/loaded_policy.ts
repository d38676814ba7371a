import type { Bundle } from '../../compiler/bundle.ts';
import { sha256Hex } from '../../policies/canonical.ts';
import { PolicyEngine } from '../../policies/engine/engine.ts';
import { CasaError } from '../../policies/errors.ts';
import type { PepDocument } from '../../policies/pep.ts';
import type { CompiledSystem, SystemDocument } from '../../policies/system.ts';

/** One revision of a MAS, whole: what decides, and what reads requests for it. */
export interface LoadedPolicy {
  readonly mas: string;
  readonly revision: string;
  readonly wasmHash: string;
  readonly engine: PolicyEngine;
  readonly system: CompiledSystem;
  readonly pep: PepDocument;
}

/**
 * Loads a bundle of `mas`, whole or not at all: throws CasaError('bundle_corrupt') and leaves `previous` as it was. The
 * module of `previous` is used again when its bytes are the same.
 */
export async function loadPolicy(mas: string, bundle: Bundle, previous: LoadedPolicy | null): Promise<LoadedPolicy> {
  const wasm = bundle.files['policy.wasm'];
  if (wasm === undefined || bundle.mas !== mas) throw corrupt(`the bundle is not of \`${mas}\`, or has no policy`);
  const pep = parsePep(readJson(bundle, 'pep.json'), mas);
  const document = readJson(bundle, 'data.json') as SystemDocument; // the engine's load checks it
  const wasmHash = sha256Hex(wasm);
  const engine = previous?.wasmHash === wasmHash ? previous.engine : await PolicyEngine.open(wasm);
  engine.load(mas, document, bundle.revision);
  return { mas, revision: bundle.revision, wasmHash, engine, system: document.mas, pep };
}

function readJson(bundle: Bundle, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bundle.files[path]));
  } catch (cause) {
    throw corrupt(`\`${path}\` cannot be read`, cause);
  }
}

function parsePep(value: unknown, mas: string): PepDocument {
  const pep = value as Partial<PepDocument> | null; // members are checked
  const apps = pep?.apps;
  if (pep?.mas !== mas || typeof apps !== 'object' || apps === null || !Array.isArray(pep.llm)) {
    throw corrupt('`pep.json` is not of this system');
  }
  for (const [name, app] of Object.entries(apps)) {
    const whole =
      typeof app?.host === 'string' &&
      typeof app.port === 'number' &&
      typeof app.path === 'string' &&
      Array.isArray(app.openPaths) &&
      typeof app.tools === 'object' &&
      app.tools !== null;
    if (!whole) throw corrupt(`\`pep.json\` lacks facts about \`${name}\``);
  }
  return pep as PepDocument; // what requests are read by was checked
}

function corrupt(message: string, cause?: unknown): CasaError {
  return new CasaError('bundle_corrupt', message, { cause });
}
