// The one way policy.wasm is made: fixed folder, fixed order, our capabilities, so that the bytes are always the same.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { opacProgram } from './opac.mjs';

const root = dirname(import.meta.dirname);

/** Compiles the committed Rego (tests aside) to `out`. */
export function compilePolicies(out) {
  const modules = readdirSync(join(root, 'policies/rego'), { recursive: true })
    .filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
    .sort()
    .map((file) => `policies/rego/${file}`);
  const argv = ['wasm', '--capabilities', 'policies/capabilities.json', out, 'casa/decision', ...modules];
  const { status, error } = spawnSync(opacProgram(), argv, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`the policies do not compile: ${error?.message ?? `opac ended with ${status}`}`);
}
