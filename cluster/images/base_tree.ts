import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runTool, tryTool } from '../run_tool.ts';

/** What the tree is made of; all of it is this machine's own. */
export interface BaseParts {
  readonly node: string;
  /** The folder of the npm package. */
  readonly npm: string;
}

const iptablesProgram = '/usr/sbin/xtables-nft-multi';
const iptablesNames = [
  'iptables',
  'ip6tables',
  'iptables-save',
  'iptables-restore',
  'ip6tables-save',
  'ip6tables-restore',
];
const libraryFolders = ['/lib', '/usr/lib'].flatMap((folder) =>
  ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((architecture) => `${folder}/${architecture}`),
);
/** Opened by name at run time, so that no program's list has them. */
const loadedLibraries = [
  ...['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2', 'libbpf.so.1', 'libstdc++.so.6', 'libatomic.so.1'],
  ...['librt.so.1', 'libdl.so.2', 'libpthread.so.0', 'libutil.so.1', 'libanl.so.1'],
];
const users = 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\ncasa:x:1337:1337::/tmp:/bin/sh\n';
const groups = 'root:x:0:\nnode:x:1000:\ncasa:x:1337:\n';

/**
 * Makes, from this machine's own programs and libraries, what the Dockerfile expects of its base: Node, npm, a shell, iptables,
 * libbpf and certificates. For machines that reach no registry; everybody else builds on the official image.
 */
export async function makeBaseTree(tree: string, parts: BaseParts): Promise<void> {
  rmSync(tree, { recursive: true, force: true });
  for (const folder of ['etc', 'proc', 'sys', 'dev', 'run', 'root', 'home/node', 'usr/local/bin']) {
    mkdirSync(join(tree, folder), { recursive: true });
  }
  for (const merged of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(tree, 'usr', merged));
    symlinkSync(`usr/${merged}`, join(tree, merged));
  }
  mkdirSync(join(tree, 'tmp'));
  // Not by mkdir, which the umask narrows.
  chmodSync(join(tree, 'tmp'), 0o1777);
  const copied = new Set<string>();
  const copy = (file: string, to: string = file) => {
    copied.add(file);
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    cpSync(file, join(tree, to), { dereference: true });
  };
  copy(parts.node, '/usr/local/bin/node');
  copyNpm(parts.npm, tree);
  copy(iptablesProgram);
  for (const name of iptablesNames) symlinkSync(basename(iptablesProgram), join(tree, 'usr/sbin', name));
  const plugins = findLibrary('xtables');
  const extensions = plugins === null ? [] : readdirSync(plugins).map((name) => join(plugins, name));
  const loaded = loadedLibraries.flatMap((name) => findLibrary(name) ?? []);
  for (const file of [...extensions, ...loaded]) copy(file);
  const programs = [parts.node, iptablesProgram, ...extensions, ...loaded];
  for (const library of await librariesOf(programs)) copy(library);
  await addShell(tree);
  copy('/etc/ssl/certs/ca-certificates.crt');
  writeFileSync(join(tree, 'etc/passwd'), users);
  writeFileSync(join(tree, 'etc/group'), groups);
  writeFileSync(join(tree, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  await addLicences(tree, [...copied]);
}

function copyNpm(npm: string, tree: string): void {
  const to = 'usr/local/lib/node_modules/npm';
  cpSync(npm, join(tree, to), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  mkdirSync(join(tree, 'usr/local/etc'), { recursive: true });
  writeFileSync(
    join(tree, 'usr/local/etc/npmrc'),
    'cafile=/etc/ssl/certs/ca-certificates.crt\nupdate-notifier=false\n',
  );
}

function findLibrary(name: string): string | null {
  return libraryFolders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** Static ones have none. */
async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
  const listed = await Promise.all(programs.map((program) => tryTool('ldd', [program])));
  return [...new Set(listed.flatMap(({ stdout }) => stdout.match(/\/\S+/g) ?? []))].filter(
    (file) => !file.endsWith(':') && existsSync(file),
  );
}

async function addShell(tree: string): Promise<void> {
  cpSync('/bin/busybox', join(tree, 'bin/busybox'), { dereference: true });
  const applets = (await runTool('/bin/busybox', ['--list'])).trim().split('\n');
  for (const applet of applets) {
    if (applet !== 'busybox') symlinkSync('/bin/busybox', join(tree, 'bin', applet));
  }
}

/** The copyright file of each Debian package of which something was copied. */
async function addLicences(tree: string, files: readonly string[]): Promise<void> {
  const paths = [...files, '/bin/busybox'].flatMap((file) => [file, realpathSync(file)]);
  const { stdout } = await tryTool('dpkg', ['-S', ...new Set(paths)]);
  const packages = new Set(stdout.split('\n').flatMap((line) => line.split(':')[0] || []));
  for (const name of packages) {
    const licence = `/usr/share/doc/${name}/copyright`;
    if (!existsSync(licence)) continue;
    mkdirSync(dirname(join(tree, licence)), { recursive: true });
    cpSync(licence, join(tree, licence), { dereference: true });
  }
}
