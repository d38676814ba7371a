// Sees to the system programs that network namespaces and the kernel layer need, with `--postgres` to a database server, with `--tests`
// to that and to those of the tests, with `--cluster` to those of the
// one-node cluster: installs them as root on Debian, elsewhere says what is missing. Never fails `make`: without them `casa local` points the apps at their
// Envoy's ports instead, and the tests concerned are skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const needed = [
  { program: 'ip', package: 'iproute2' },
  { program: 'iptables', package: 'iptables' },
  { program: 'clang', package: 'clang' },
  { file: '/usr/include/bpf/bpf_helpers.h', package: 'libbpf-dev' }, // brings libbpf1, which the node agent opens
];
const neededByTests = [
  { program: 'chromium', package: 'chromium' },
  { program: 'clang-format', package: 'clang-format' },
  { program: 'shellcheck', package: 'shellcheck' },
];

const neededByCluster = [
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'nft', package: 'nftables' },
  { program: 'openssl', package: 'openssl' },
  { file: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  { program: 'busybox', package: 'busybox-static' },
  { program: 'buildah', package: 'buildah' },
];

const postgresVersions = '/usr/lib/postgresql';
const clusterSettings = '/etc/postgresql-common/createcluster.conf';

const packageTool = 'apt-get';

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installPackages([
    ...needed,
    ...(process.argv.includes('--tests') ? neededByTests : []),
    ...(process.argv.includes('--cluster') ? neededByCluster : []),
  ]);
}

/**
 * Returns whether all of them are there afterwards; says what is missing.
 * @param {readonly { program?: string, file?: string, package: string }[]} asked
 */
export function installPackages(asked) {
  const missing = asked.filter((row) => !isThere(row)).map((row) => row.package);
  if (missing.length > 0 && process.platform === 'linux') seeTo(missing);
  const wantsPostgres = ['--postgres', '--tests'].some((flag) => process.argv.includes(flag));
  if (wantsPostgres && !hasPostgres() && process.platform === 'linux') seeToPostgres();
  return asked.every(isThere);
}

function seeTo(packages) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/etc/debian_version')) {
    console.log(`missing: ${packages.join(', ')}${isRoot ? '' : ' (and root)'}`);
    return;
  }
  console.log(`installing ${packages.join(', ')} with apt-get`);
  const install = () => aptGet(['install', '--yes', '--no-install-recommends', ...packages]);
  if (!install() && !(aptGet(['update']) && install())) console.log(`could not install ${packages.join(', ')}`);
}

/** The programs only: Debian would make a database and start a server, which nobody asked for. */
function seeToPostgres() {
  seeTo(['postgresql-common']);
  const before = existsSync(clusterSettings) ? readFileSync(clusterSettings, 'utf8') : null;
  if (before !== null) writeFileSync(clusterSettings, `${before}\ncreate_main_cluster = false\n`);
  seeTo(['postgresql']);
  if (before !== null) writeFileSync(clusterSettings, before);
}

function hasPostgres() {
  const versions = existsSync(postgresVersions) ? readdirSync(postgresVersions) : [];
  const installed = versions.some((version) => existsSync(join(postgresVersions, version, 'bin', 'initdb')));
  return installed || isThere({ program: 'initdb' });
}

function aptGet(argv) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return (
    spawnSync(packageTool, ['-qq', ...argv], { stdio: ['ignore', 'ignore', 'ignore'], env: environment }).status === 0
  );
}

function isThere({ program, file }) {
  if (file !== undefined) return existsSync(file);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
