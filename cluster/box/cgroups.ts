import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const mountedAt = '/sys/fs/cgroup';
/** The v1 hierarchies a node needs; `systemd` is the one by name, `unified` is cgroup v2 beside them. */
export const hierarchies = [
  ...['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'],
  ...['systemd', 'unified'],
] as const;

/** The hierarchies that this machine has not mounted at their usual places. */
export function missingHierarchies(): readonly string[] {
  return hierarchies.filter((name) => !existsSync(join(mountedAt, name, 'cgroup.procs')));
}

/** Makes a cgroup of this name below the process's own in every hierarchy; their folders. */
export function makeCgroups(name: string): readonly string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  return hierarchies.map((hierarchy) => {
    const folder = join(mountedAt, hierarchy, ownPath(own, hierarchy), name);
    mkdirSync(folder, { recursive: true });
    // An empty cpuset takes no process.
    if (hierarchy === 'cpuset') {
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file)));
      }
    }
    return folder;
  });
}

/** Removes the cgroups and all below them; their processes must have been ended, and may take a moment to be gone. */
export async function removeCgroups(folders: readonly string[], withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = folders.filter((folder) => !isRemoved(folder));
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`cgroups that cannot be removed: ${left.join(', ')}`);
    await sleep(100);
  }
}

/** A line of /proc/self/cgroup is `number:controllers:path`; v2 has no controllers. */
function ownPath(lines: string, hierarchy: string): string {
  const wanted = hierarchy === 'systemd' ? 'name=systemd' : hierarchy === 'unified' ? '' : hierarchy;
  for (const line of lines.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    if (controllers?.split(',').includes(wanted)) return path.join(':');
  }
  return '/';
}

function isRemoved(folder: string): boolean {
  if (!existsSync(folder)) return true;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) isRemoved(join(folder, entry.name));
    }
    rmdirSync(folder);
    return true;
  } catch {
    // Somebody in it is not gone yet.
    return false;
  }
}
