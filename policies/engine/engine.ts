/** The one place where decisions come from: the compiled rules, one instance for each MAS. */
import { type Decision, type DecisionInput, denial } from '../contract.ts';
import { CasaError } from '../errors.ts';
import { nothingAsked } from '../nothing_asked.ts';
import type { SystemDocument } from '../system.ts';
import { noAnswer, openInstance, type PolicyInstance } from './instance.ts';
import { parseSystemDocument } from './parse_system.ts';
import { compileModule, type WasmModule } from './wasm_sdk.ts';

interface Loaded {
  readonly document: SystemDocument;
  readonly revision: string;
  /** null: the last instance gave no answer, and making a new one failed. */
  instance: PolicyInstance | null;
}

/** Answers questions about every MAS that is loaded; denies all others. Holds no state between questions. */
export class PolicyEngine {
  readonly #module: WasmModule;
  readonly #loaded = new Map<string, Loaded>();

  private constructor(module: WasmModule) {
    this.#module = module;
  }

  /** Compiles `policy.wasm` once; throws `bundle_corrupt` when it is none. */
  static async open(wasm: Uint8Array): Promise<PolicyEngine> {
    try {
      // A copy of its own buffer: a Uint8Array may be a view of a shared pool.
      return new PolicyEngine(await compileModule(new Uint8Array(wasm)));
    } catch (cause) {
      throw new CasaError('bundle_corrupt', 'the policy is no WebAssembly', { cause });
    }
  }

  /** Swaps the MAS to this document, whole or not at all: throws `bundle_corrupt`, and the old one keeps serving. */
  load(mas: string, document: SystemDocument, revision: string): void {
    const own = parseSystemDocument(mas, structuredClone(document));
    const instance = openInstance(this.#module, own);
    try {
      instance.ask(probe(mas));
    } catch (cause) {
      throw new CasaError('bundle_corrupt', `the rules give no answer with the data of \`${mas}\``, { cause });
    }
    this.#loaded.set(mas, { document: own, revision, instance });
  }

  unload(mas: string): void {
    this.#loaded.delete(mas);
  }

  /** The revision that serves, or null. */
  revision(mas: string): string | null {
    return this.#loaded.get(mas)?.revision ?? null;
  }

  /** Never throws. INVARIANT (deny by default): only a whole answer of the rules can allow. */
  evaluate(input: DecisionInput): Decision {
    const loaded = this.#loaded.get(input.mas);
    if (loaded === undefined) return denial('policy_missing', 'ENGINE', 'no policy is loaded for this system');
    try {
      loaded.instance ??= openInstance(this.#module, loaded.document);
      return loaded.instance.ask(input);
    } catch (error) {
      // Its memory may be in any state: the next question makes a new one.
      loaded.instance = null;
      return noAnswer(error instanceof CasaError ? error.message : 'the policy engine failed');
    }
  }
}

/** A question that every rule set can answer, with a denial. */
function probe(mas: string): DecisionInput {
  return {
    phase: 'inbound',
    mas,
    now: 0,
    caller: null,
    callee: { kind: 'other', app: null, host: 'probe.invalid', port: 1 },
    protocol: 'http',
    operation: 'probe',
    ...nothingAsked,
  };
}
