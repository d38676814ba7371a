/** One instance of the compiled rules with one system's data. */
import { type Decision, type DecisionInput, denial, entrypoint } from '../contract.ts';
import { CasaError } from '../errors.ts';
import type { SystemDocument } from '../system.ts';
import { parseDecision } from './parse_decision.ts';
import { plainJson } from './plain_json.ts';
import { type LoadedPolicy, openPolicy, type WasmModule } from './wasm_sdk.ts';

export interface PolicyInstance {
  /** The rules' answer, whole; throws `policy_engine_failed` when there was none: then the instance must not be used again. */
  readonly ask: (input: DecisionInput) => Decision;
}

/** Makes an instance and has it answer once; throws `bundle_corrupt` when the data cannot be loaded. */
export function openInstance(module: WasmModule, document: SystemDocument): PolicyInstance {
  const policy = loadPolicy(module, document);
  return { ask: (input) => ask(policy, input) };
}

function loadPolicy(module: WasmModule, document: SystemDocument): LoadedPolicy {
  try {
    const policy = openPolicy(module);
    policy.setData(plainJson(document) as object); // a document is an object, and so is its copy
    return policy;
  } catch (cause) {
    throw new CasaError('bundle_corrupt', 'the data cannot be loaded', { cause });
  }
}

function ask(policy: LoadedPolicy, input: DecisionInput): Decision {
  let answer: unknown;
  try {
    answer = policy.evaluate(plainJson(input), entrypoint);
  } catch (cause) {
    throw new CasaError('policy_engine_failed', 'the evaluation ended early', { cause });
  }
  const decision = Array.isArray(answer) && answer.length === 1 ? parseDecision(answer[0]?.result) : null;
  if (decision === null) throw new CasaError('policy_engine_failed', 'the answer is not a whole decision');
  return decision;
}

/** What the caller gets when the rules gave no answer. */
export function noAnswer(detail: string): Decision {
  return denial('policy_error', 'ENGINE', detail);
}
