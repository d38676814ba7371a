// Builds tools/opac (OPA's own compiler and evaluator, pinned) once per state of its sources, then runs it.
// Usage: node scripts/opac.mjs wasm|eval|test|mutate|check|fmt ARGUMENT...
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from './find_go.mjs';

const root = dirname(import.meta.dirname);
const sources = join(root, 'tools/opac');
const tools = join(root, '.tools/opac');

if (import.meta.filename === process.argv[1]) {
  const { status, error } = spawnSync(opacProgram(), process.argv.slice(2), { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  process.exitCode = status ?? 1;
}

/** The path of the program, built if its sources changed. Progress goes to stderr. */
export function opacProgram() {
  const program = join(tools, `opac-${sourcesHash()}`);
  if (existsSync(program)) return program;
  mkdirSync(tools, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  console.error('building opac from tools/opac (the first time takes some minutes)');
  const go = findGo();
  const { status } = spawnSync(go, ['build', '-trimpath', '-o', unfinished, '.'], {
    cwd: sources,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
  });
  if (status !== 0) throw new Error(`\`go build\` of tools/opac failed with ${status}`);
  // Whole or not at all: another run may be building beside this one.
  renameSync(unfinished, program);
  return program;
}

function sourcesHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of readdirSync(sources).sort()) {
    if (/\.go$|^go\.(mod|sum)$/.test(file)) hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
