import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedApp } from '../plan/planned.ts';

const emptyWithinMs = 2_000;
const againMs = 20;

/** The app's own processes, or its Envoy's: each is held to rows of its own. */
export type Part = 'app' | 'envoy';
export const parts: readonly Part[] = ['app', 'envoy'];

/** Where cgroup v2 is mounted, whatever else is; null: nowhere. */
export function cgroup2Folder(): string | null {
  if (!existsSync('/proc/self/mounts')) return null;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1] ?? null;
}

/** The folder above all cgroups of one run. */
export function cgroupsFolder(id: string): string | null {
  const folder = cgroup2Folder();
  return folder === null ? null : join(folder, `casa-${id}`);
}

/** The cgroup of one app's processes; null: the app is outside every MAS, or there is no kernel layer. */
export function cgroupOf(folder: string | null, app: PlannedApp, part: Part): string | null {
  return folder === null || app.compiled === null ? null : join(folder, `${app.compiled.mas}.${app.name}.${part}`);
}

export function makeCgroups(folder: string, apps: readonly PlannedApp[]): void {
  for (const app of apps) {
    for (const part of parts) {
      const cgroup = cgroupOf(folder, app, part);
      if (cgroup !== null) mkdirSync(cgroup, { recursive: true });
    }
  }
}

/** Ends what still runs in the cgroup, then removes it and all below it; what is not there is no mistake. */
export async function removeCgroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  }
  // Not there before Linux 5.14; whatever runs in it then was ended with its namespace.
  if (existsSync(join(path, 'cgroup.kill'))) writeFileSync(join(path, 'cgroup.kill'), '1');
  const procs = join(path, 'cgroup.procs');
  for (let waitedMs = 0; readFileSync(procs, 'utf8') !== '' && waitedMs < emptyWithinMs; waitedMs += againMs) {
    await sleep(againMs);
  }
  rmdirSync(path);
}
