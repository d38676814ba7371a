// The stock `opa` command, built from source (tools/opa, pinned by go.sum): what users run beside CASA.
// Usage: node scripts/opa.mjs --build (prints its path) | ARGUMENT...
import { spawnSync } from 'node:child_process';
import { goProgram } from './go_program.mjs';

if (import.meta.filename === process.argv[1]) {
  const program = opaProgram();
  const argv = process.argv.slice(2);
  if (argv[0] === '--build') console.log(program);
  else process.exitCode = spawnSync(program, argv, { stdio: 'inherit' }).status ?? 1;
}

export function opaProgram() {
  return goProgram('opa', 'github.com/open-policy-agent/opa');
}
