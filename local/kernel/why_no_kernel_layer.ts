import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../plan/planned.ts';
import { casaFolder } from '../start/places.ts';
import { cgroup2Folder } from './cgroups.ts';

/** Where `scripts/build_bpf.mjs` puts it. */
export const kernelObject = join(casaFolder, '.tools/bpf/connect.o');

export const tokenObject = join(casaFolder, '.tools/bpf/token.o');

/** Why the kernel does not hold the apps of this run to their rows; null: it can. */
export function whyNoKernelLayer(mode: Mode): string | null {
  if (mode === 'ports') return 'only in mode netns';
  if (cgroup2Folder() === null) return 'no cgroup v2';
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\tbpf\n')) return 'no bpffs in this kernel';
  return existsSync(kernelObject) && existsSync(tokenObject)
    ? null
    : 'its programs are not built (needs clang): `node scripts/build_bpf.mjs`';
}
