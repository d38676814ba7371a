import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where kubelet keeps pods, by its cgroup driver and by how cgroup v2 is mounted. */
const usual = ['kubepods.slice', 'kubepods'].flatMap((name) => [
  `/sys/fs/cgroup/${name}`,
  `/sys/fs/cgroup/unified/${name}`,
]);

/** The cgroup v2 folder of all pods; null: none is where it usually is. */
export function findKubepods(): string | null {
  return usual.find((path) => existsSync(join(path, 'cgroup.procs'))) ?? null;
}

/** The folder of a pod, whatever its class of service; null: there is none (yet, or any more). */
export function findPodCgroup(kubepods: string, uid: string): string | null {
  const isPod = (name: string) => name === `pod${uid}` || name.endsWith(`-pod${uid.replaceAll('-', '_')}.slice`);
  const classes = [kubepods, ...folders(kubepods, (name) => !name.includes('pod') || name.startsWith('kubepods-'))];
  return classes.flatMap((folder) => folders(folder, isPod))[0] ?? null;
}

/** The folder of a container below its pod's. `id` is as the pod's status has it: `containerd://ID`. */
export function findContainerCgroup(pod: string, id: string): string | null {
  const bare = id.slice(id.indexOf('://') + 3);
  if (!/^[0-9a-f]{32,}$/.test(bare)) return null;
  return folders(pod, (name) => name === bare || name.endsWith(`-${bare}.scope`))[0] ?? null;
}

function folders(parent: string, wanted: (name: string) => boolean): readonly string[] {
  try {
    const entries = readdirSync(parent, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && wanted(entry.name) ? [join(parent, entry.name)] : []));
  } catch {
    // It went away meanwhile.
    return [];
  }
}
