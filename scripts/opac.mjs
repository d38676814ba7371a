// Builds tools/opac (OPA's own compiler and evaluator, pinned) once per state of its sources, then runs it.
// Usage: node scripts/opac.mjs wasm|eval|bench|test|mutate|check|fmt ARGUMENT...
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { goProgram } from './go_program.mjs';

const root = dirname(import.meta.dirname);

if (import.meta.filename === process.argv[1]) {
  const { status, error } = spawnSync(opacProgram(), process.argv.slice(2), { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  process.exitCode = status ?? 1;
}

export function opacProgram() {
  return goProgram('opac');
}
