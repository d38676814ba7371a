// Builds the small Go programs of tools/ that the one-node cluster runs, once per state of their sources.
// Usage: node scripts/go_program.mjs NAME...   prints the paths
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from './find_go.mjs';

const root = dirname(import.meta.dirname);

for (const name of process.argv.slice(2)) console.log(goProgram(name));

/** The path of the program, static and stripped. Progress goes to stderr. */
function goProgram(name) {
  const sources = join(root, 'tools', name);
  const program = join(root, '.tools', name, `${name}-${sourcesHash(sources)}`);
  if (existsSync(program)) return program;
  mkdirSync(dirname(program), { recursive: true });
  console.error(`building ${name} from tools/${name}`);
  const unfinished = `${program}.${process.pid}`;
  const { status } = spawnSync(findGo(), ['build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, '.'], {
    cwd: sources,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' },
  });
  if (status !== 0) throw new Error(`\`go build\` of tools/${name} failed with ${status}`);
  // Whole or not at all: another run may be building beside this one.
  renameSync(unfinished, program);
  return program;
}

function sourcesHash(sources) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of readdirSync(sources).sort()) hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  return hash.digest('hex').slice(0, 16);
}
