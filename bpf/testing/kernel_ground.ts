/** Ground of its own for one test file: a bpffs and a cgroup that no other run sees, and all of it gone afterwards. */
import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = dirname(dirname(import.meta.dirname));
const run = promisify(execFile);

/** Why the kernel cannot be tried here; null: it can. */
export const whyNoKernel: string | null = findObstacle();

export interface KernelGround {
  readonly folder: string;
  /** On a bpffs of its own. */
  readonly pinFolder: string;
  readonly objectFile: string;
  readonly tokenObjectFile: string;
  readonly makeCgroup: (name: string) => string;
  readonly removeCgroup: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function openGround(): KernelGround {
  const folder = mkdtempSync(join(tmpdir(), 'casa-bpf-'));
  const bpffs = join(folder, 'bpffs');
  mkdirSync(bpffs);
  command('mount', ['-t', 'bpf', 'bpf', bpffs]);
  const parent = join(cgroup2Folder() ?? '', `casa-test-${folder.slice(-6)}`);
  mkdirSync(parent);
  const [objectFile = '', tokenObjectFile = ''] = command(process.execPath, [
    join(root, 'scripts/build_bpf.mjs'),
  ]).split('\n');
  return {
    folder,
    pinFolder: join(bpffs, 'casa'),
    objectFile,
    tokenObjectFile,
    makeCgroup: (name) => {
      mkdirSync(join(parent, name));
      return join(parent, name);
    },
    removeCgroup,
    close: async () => {
      await removeCgroup(parent);
      command('umount', [bpffs]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** What an unmodified process of the cgroup gets: `ok`, or the code of its error. */
export async function attempt(cgroup: string, how: string, address: string, port: number): Promise<string> {
  return runScript('attempt.mjs', [cgroup, how, address, String(port)]);
}

/** The same in a network namespace; entered without `ip netns exec`, which would hide the cgroup. */
export async function attemptIn(namespace: string, cgroup: string, address: string, port: number): Promise<string> {
  const script = [process.execPath, join(root, 'bpf/testing/attempt.mjs'), cgroup, 'tcp', address, String(port)];
  const { stdout } = await run('nsenter', [`--net=/run/netns/${namespace}`, ...script]);
  return stdout.trim();
}

/** How many of so many datagrams, sent as fast as they go, get EPERM. */
export async function flood(cgroup: string, address: string, port: number, count: number): Promise<number> {
  return Number(await runScript('flood.mjs', [cgroup, address, String(port), String(count)]));
}

/** The same as `attempt` for sockets that Node cannot make. */
export async function attemptSocket(cgroup: string, ...numbers: readonly (number | string)[]): Promise<string> {
  return runScript('attempt_socket.mjs', [cgroup, ...numbers.map(String)]);
}

/** Writes the parts to a connection of the cgroup, each as a segment of its own; `ok`, or the code of its error. */
export async function sendBytes(
  cgroup: string,
  address: string,
  port: number,
  parts: readonly string[],
): Promise<string> {
  const argv = [join(root, 'bpf/testing/send_bytes.mjs'), cgroup, address, String(port)];
  const running = run(process.execPath, argv);
  running.child.stdin?.end(parts.map((part) => JSON.stringify(part)).join('\n'));
  return (await running).stdout.trim();
}

async function runScript(name: string, argv: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'bpf/testing', name), ...argv]);
  return stdout.trim();
}

/** Ends what is still in it, then removes it and all below it. */
async function removeCgroup(path: string): Promise<void> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  }
  if (existsSync(join(path, 'cgroup.kill'))) writeFileSync(join(path, 'cgroup.kill'), '1');
  for (let tries = 100; readFileSync(join(path, 'cgroup.procs'), 'utf8') !== '' && tries > 0; tries -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  rmdirSync(path);
}

function findObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  if (spawnSync('clang', ['--version']).status !== 0) return 'no clang';
  if (cgroup2Folder() === null) return 'no cgroup v2';
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\tbpf\n')) return 'no bpffs';
  return null;
}

function cgroup2Folder(): string | null {
  if (!existsSync('/proc/self/mounts')) return null;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1] ?? null;
}

function command(program: string, argv: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}
