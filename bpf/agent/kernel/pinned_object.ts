import { closeSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, statfsSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CasaError } from '../../../policies/errors.ts';
import { destinationLayout, prefixKeyLayout } from '../../abi.ts';
import type { KernelMap } from './kernel_map.ts';
import { accepted, type Libbpf, type Pointer } from './libbpf.ts';

/** Attach types of `enum bpf_attach_type` (linux/bpf.h), by program. */
const programs = {
  casa_connect4: 10,
  casa_connect6: 11,
  casa_sendmsg4: 14,
  casa_sendmsg6: 15,
  casa_sock_create: 2,
} as const;

const maps = {
  casa_cgroups: { keyBytes: 8, valueBytes: 4 },
  casa_exact: { keyBytes: destinationLayout.sizeBytes, valueBytes: 4 },
  casa_prefix: { keyBytes: prefixKeyLayout.sizeBytes, valueBytes: 4 },
  casa_settings: { keyBytes: 4, valueBytes: 4 },
  casa_counts: { keyBytes: 4, valueBytes: 8 },
  casa_events: { keyBytes: 0, valueBytes: 0 },
} as const;

type MapName = keyof typeof maps;

export interface PinnedProgram {
  readonly name: string;
  readonly fd: number;
  readonly attachType: number;
}

/** The programs and maps as they lie under bpffs; they stay there when this process is gone. */
export interface PinnedObject {
  readonly programs: readonly PinnedProgram[];
  readonly maps: { readonly [name in MapName]: KernelMap };
}

const bpffsMagic = 0xcafe4a11;

/**
 * Opens what an earlier agent pinned below `folder`, or loads and pins `objectFile` there, whole or not at all.
 * Throws CasaError: `configuration_invalid` when the folder is not on bpffs, `kernel_refused` when the kernel says no.
 */
export function openPinnedObject(libbpf: Libbpf, folder: string, objectFile: string): PinnedObject {
  if (!isBpffs(dirname(folder))) {
    throw new CasaError('configuration_invalid', `\`${dirname(folder)}\` is not on bpffs (mount -t bpf bpf FOLDER)`);
  }
  const pinned = objectFolder(folder);
  if (!existsSync(pinned)) pinObject(libbpf, folder, pinned, objectFile);
  const open = (name: string) => accepted(libbpf.openPin(join(pinned, name)), `open the pin of ${name}`);
  const openMap = (name: MapName): KernelMap => ({ name, fd: open(name), ...maps[name] });
  return {
    programs: Object.entries(programs).map(([name, attachType]) => ({ name, fd: open(name), attachType })),
    maps: {
      casa_cgroups: openMap('casa_cgroups'),
      casa_exact: openMap('casa_exact'),
      casa_prefix: openMap('casa_prefix'),
      casa_settings: openMap('casa_settings'),
      casa_counts: openMap('casa_counts'),
      casa_events: openMap('casa_events'),
    },
  };
}

/** Gives back this process's descriptors; what is pinned goes on. */
export function closePinnedObject(object: PinnedObject): void {
  for (const { fd } of [...object.programs, ...Object.values(object.maps)]) closeSync(fd);
}

function objectFolder(folder: string): string {
  return join(folder, 'object');
}

function isBpffs(folder: string): boolean {
  return existsSync(folder) && statfsSync(folder).type === bpffsMagic;
}

/** Pins into a folder of its own and renames it: an agent that dies half way leaves nothing that looks whole. */
function pinObject(libbpf: Libbpf, folder: string, pinned: string, objectFile: string): void {
  const half = join(folder, `half_${process.pid}`); // bpffs keeps dots in names for itself
  mkdirSync(half, { recursive: true, mode: 0o700 });
  const object = loadObject(libbpf, objectFile);
  try {
    for (const name of Object.keys(programs)) {
      const program = libbpf.findProgram(object, name);
      if (program === null) throw new CasaError('kernel_refused', `\`${objectFile}\` has no program ${name}`);
      accepted(libbpf.pin(libbpf.programFd(program), join(half, name)), `pin ${name}`);
    }
    for (const name of Object.keys(maps)) {
      const fd = accepted(libbpf.findMapFd(object, name), `find the map ${name}`);
      accepted(libbpf.pin(fd, join(half, name)), `pin ${name}`);
    }
    renameSync(half, pinned);
  } catch (error) {
    for (const name of readdirSync(half)) unlinkSync(join(half, name));
    rmdirSync(half);
    throw error;
  } finally {
    libbpf.closeObject(object);
  }
}

function loadObject(libbpf: Libbpf, objectFile: string): Pointer {
  if (!existsSync(objectFile)) throw new CasaError('configuration_invalid', `there is no \`${objectFile}\``);
  const object = libbpf.openObject(objectFile, null);
  if (object === null) throw new CasaError('kernel_refused', `\`${objectFile}\` is no object of kernel programs`);
  const result = libbpf.loadObject(object);
  if (result < 0) libbpf.closeObject(object);
  accepted(result, `load \`${objectFile}\``);
  return object;
}
