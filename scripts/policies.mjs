// Compiles policies/rego to policies/policy.wasm with OPA. Run it after every change of the Rego.
import { dirname } from 'node:path';
import { compilePolicies } from './compile_policies.mjs';

compilePolicies(`${dirname(import.meta.dirname)}/policies/policy.wasm`);
