/** What we use of OPA's npm SDK and of WebAssembly, typed here: the SDK's own types miss its default export. */
import * as sdk from '@open-policy-agent/opa-wasm';

/** The compiled module, made once and shared by all instances. */
export interface WasmModule {
  readonly kind?: never;
}

/** Not re-entrant; throws text and plain objects. */
export interface LoadedPolicy {
  setData(data: object): void;
  /** A list of results, one for each entrypoint asked. */
  evaluate(input: unknown, entrypoint: string): unknown;
}

interface Sdk {
  loadPolicySync(module: WasmModule): LoadedPolicy;
}

interface WasmGlobal {
  readonly WebAssembly: { compile(bytes: Uint8Array): Promise<WasmModule> };
}

// Node's types (version 20) do not declare WebAssembly, and the DOM's would declare a browser with it.
const { WebAssembly } = globalThis as unknown as WasmGlobal;
// An ES module import of this package has a default export, whatever its types say.
const { loadPolicySync } = (sdk as unknown as { readonly default: Sdk }).default;

export function compileModule(bytes: Uint8Array): Promise<WasmModule> {
  return WebAssembly.compile(bytes);
}

export function openPolicy(module: WasmModule): LoadedPolicy {
  return loadPolicySync(module);
}
