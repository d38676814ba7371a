// Builds a Go program of tools/ once per state of its sources, into .tools/.
// Usage: node scripts/go_program.mjs NAME...   (prints the paths)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from './find_go.mjs';

const root = dirname(import.meta.dirname);

if (import.meta.filename === process.argv[1]) for (const name of process.argv.slice(2)) console.log(goProgram(name));

/** The path of the program made from `tools/NAME`, built if its sources changed. Progress goes to stderr. */
export function goProgram(name, pkg = '.') {
  const sources = join(root, 'tools', name);
  const folder = join(root, '.tools', name);
  const program = join(folder, `${name}-${sourcesHash(sources)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  console.error(`building ${name} from tools/${name} (the first time takes some minutes)`);
  const go = findGo();
  const { status } = spawnSync(go, ['build', '-trimpath', '-o', unfinished, pkg], {
    cwd: sources,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
  });
  if (status !== 0) throw new Error(`\`go build\` of tools/${name} failed with ${status}`);
  // Whole or not at all: another run may be building beside this one.
  renameSync(unfinished, program);
  return program;
}

function sourcesHash(sources) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of readdirSync(sources).sort()) {
    if (/\.go$|^go\.(mod|sum)$/.test(file)) hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
