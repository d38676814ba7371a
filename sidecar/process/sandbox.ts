import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import { mortal } from './mortal.ts';
import { toolPath } from './tool.ts';

/** A folder of this machine shown elsewhere to one process only. */
export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly writable: boolean;
}

export interface Sandbox {
  /** null: this machine's own network. */
  readonly namespace: string | null;
  /** A cgroup v2 directory that the process is in from its start; null: the one of its parent. */
  readonly cgroup: string | null;
  readonly uid: number;
  /** The group; the one of the user's number when not said. */
  readonly gid?: number;
  readonly mounts: readonly Mount[];
  readonly cwd: string;
}

// A parent that died before its death could be told is, by now, another one. Mounts are made as root, in a mount namespace
// of the process's own; then every right is given up for good.
const script = `set -e
[ "$PPID" = "$1" ] || exit 1
shift
while [ "$1" != -- ]; do
  mount --bind "$2" "$3"
  [ "$1" = rw ] || mount -o remount,bind,ro "$3"
  shift 3
done
shift
uid=$1 gid=$2 cwd=$3
shift 3
cd "$cwd"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs --pdeathsig KILL -- "$@"`;

/**
 * The command line that runs `argv` as an unprivileged user without capabilities, in its network and with its mounts. The process dies
 * with the one that started it, whatever ends that.
 */
export function sandboxed(sandbox: Sandbox, argv: readonly string[]): readonly string[] {
  const enter =
    sandbox.namespace === null
      ? [tool('unshare'), '--mount', '--propagation', 'private']
      : [tool('ip'), 'netns', 'exec', sandbox.namespace];
  const mounts = sandbox.mounts.flatMap(({ from, to, writable }) => [writable ? 'rw' : 'ro', from, to]);
  const shell = ['/bin/sh', '-c', script, 'casa', String(process.pid), ...mounts];
  const user = [String(sandbox.uid), String(sandbox.gid ?? sandbox.uid)];
  return mortal([...joining(sandbox.cgroup), ...enter, ...shell, '--', ...user, sandbox.cwd, ...argv]);
}

/** Before the namespace is entered: `ip netns exec` shows a /sys without cgroups. */
function joining(cgroup: string | null): readonly string[] {
  if (cgroup === null) return [];
  return ['/bin/sh', '-c', 'echo $$ > "$1" && shift && exec "$@"', 'casa', join(cgroup, 'cgroup.procs')];
}

/** True when any user can reach this path: each folder above it lets others through. */
export function isReachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Shows a folder at an empty one. When the folder itself is closed to other users, its entries are shown one by one, for which
 * places are made in the empty one.
 */
export function showFolder(from: string, to: string): readonly Mount[] {
  const everybodyCanEnter = 0o005;
  if ((statSync(from).mode & everybodyCanEnter) === everybodyCanEnter) return [{ from, to, writable: false }];
  return readdirSync(from).map((name) => {
    const mount = { from: join(from, name), to: join(to, name), writable: false };
    if (statSync(mount.from).isDirectory()) mkdirSync(mount.to, { recursive: true });
    else writeFileSync(mount.to, '');
    return mount;
  });
}

/** Node as an unprivileged user can run it: its own path, or its installation shown at `shownAt`. */
export function reachableNode(shownAt: string): { readonly path: string; readonly mounts: readonly Mount[] } {
  if (isReachable(process.execPath)) return { path: process.execPath, mounts: [] };
  const from = dirname(dirname(process.execPath));
  const path = join(shownAt, process.execPath.slice(from.length));
  return { path, mounts: [{ from, to: shownAt, writable: false }] };
}

function tool(program: string): string {
  const path = toolPath(program);
  if (path === null) throw new CasaError('tool_missing', `\`${program}\` is not on this machine`);
  return path;
}
