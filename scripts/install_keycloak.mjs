// Puts the real Keycloak (Apache-2.0) into .tools/, built for what CASA starts it with, so that a start only starts. Needs Java 17
// or later and Maven: as root on Debian they are installed, elsewhere it says what is missing. Plain JavaScript: it runs before
// anything is built.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installPackages } from './install_packages.mjs';

const version = '26.7.3';
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47';
const archiveName = `keycloak-quarkus-dist-${version}.tar.gz`;
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const programs = [
  { program: 'java', package: 'default-jre-headless' },
  { program: 'mvn', package: 'maven' },
  { program: 'tar', package: 'tar' },
];

export const keycloakPath = join(dirname(import.meta.dirname), '.tools', `keycloak-${version}`);

/** What is fixed when it is built; everything else is said at its start. */
const buildOptions = ['--db=dev-file', '--cache=local', '--health-enabled=true'];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = (await install()) ? 0 : 1;

async function install() {
  if (existsSync(keycloakPath)) return true;
  if (!installPackages(programs)) return false;
  mkdirSync(dirname(keycloakPath), { recursive: true });
  const download = mkdtempSync(join(tmpdir(), 'casa-keycloak-'));
  const unpacked = mkdtempSync(`${keycloakPath}.`);
  try {
    const archive = join(download, archiveName);
    console.log(`installing Keycloak ${version} (about 170 MB)`);
    if (!fetchArchive(download)) return failed('Maven could not fetch it');
    if ((await digestOf(archive)) !== sha256) return failed('the archive is not the one that was pinned');
    if (!run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1']))
      return failed('it could not be unpacked');
    console.log('building Keycloak (about half a minute)');
    if (!run(join(unpacked, 'bin', 'kc.sh'), ['build', ...buildOptions])) return failed('it could not be built');
    // Whole or not at all: of two that install at once, the later one finds it there.
    if (!existsSync(keycloakPath)) renameSync(unpacked, keycloakPath);
    return true;
  } finally {
    rmSync(download, { recursive: true, force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function fetchArchive(folder) {
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
  return run('mvn', ['-q', '-B', copyGoal, artifact, `-DoutputDirectory=${folder}`, '-Dmdep.useBaseVersion=true']);
}

async function digestOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** What it says is shown when it fails, and then only. */
function run(program, argv) {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status === 0) return true;
  console.error(error?.message ?? `${stdout}${stderr}`);
  return false;
}

function failed(why) {
  console.error(`Keycloak was not installed: ${why}`);
  return false;
}
