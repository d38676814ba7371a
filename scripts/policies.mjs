// Compiles policies/rego to policies/policy.wasm with OPA. Run it after every change of the Rego.
// Usage: node scripts/policies.mjs [OUT]
// One way only: fixed folder, fixed order, our capabilities, so that the bytes are the same everywhere.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { opacProgram } from './opac.mjs';

const root = dirname(import.meta.dirname);
const modules = readdirSync(join(root, 'policies/rego'), { recursive: true })
  .filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
  .sort()
  .map((file) => `policies/rego/${file}`);
const out = process.argv[2] ?? 'policies/policy.wasm';
const argv = ['wasm', '--capabilities', 'policies/capabilities.json', out, 'casa/decision', ...modules];
const { status, error } = spawnSync(opacProgram(), argv, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
if (error) console.error(error.message);
process.exitCode = status ?? 1;
