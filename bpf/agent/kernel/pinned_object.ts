import { closeSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, statfsSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CasaError } from '../../../policies/errors.ts';
import { destinationLayout, prefixKeyLayout, tokenKeyLayout } from '../../abi.ts';
import type { KernelMap } from './kernel_map.ts';
import { accepted, type Libbpf, type Pointer } from './libbpf.ts';

/** What is in one object file, and where below the pin folder it lies. */
export interface ObjectLayout<MapName extends string> {
  readonly folder: string;
  /** Attach types of `enum bpf_attach_type` (linux/bpf.h), by program. */
  readonly programs: { readonly [name: string]: number };
  readonly maps: { readonly [name in MapName]: Pick<KernelMap, 'keyBytes' | 'valueBytes'> };
}

/** `connect.bpf.c` */
export const connectObject = {
  folder: 'object',
  programs: { casa_connect4: 10, casa_connect6: 11, casa_sendmsg4: 14, casa_sendmsg6: 15, casa_sock_create: 2 },
  maps: {
    casa_cgroups: { keyBytes: 8, valueBytes: 4 },
    casa_exact: { keyBytes: destinationLayout.sizeBytes, valueBytes: 4 },
    casa_prefix: { keyBytes: prefixKeyLayout.sizeBytes, valueBytes: 4 },
    casa_settings: { keyBytes: 4, valueBytes: 4 },
    casa_counts: { keyBytes: 4, valueBytes: 8 },
    casa_events: { keyBytes: 0, valueBytes: 0 },
  },
} as const satisfies ObjectLayout<string>;

/** `token.bpf.c`; it also reads `casa_cgroups` of the other. */
export const tokenObject = {
  folder: 'tokens',
  programs: { casa_token_egress: 1 },
  maps: {
    casa_token_key: { keyBytes: 4, valueBytes: tokenKeyLayout.sizeBytes },
    casa_token_counts: { keyBytes: 4, valueBytes: 8 },
    casa_token_events: { keyBytes: 0, valueBytes: 0 },
  },
} as const satisfies ObjectLayout<string>;

export interface PinnedProgram {
  readonly name: string;
  readonly fd: number;
  readonly attachType: number;
}

/** The programs and maps as they lie under bpffs; they stay there when this process is gone. */
export interface PinnedObject<MapName extends string> {
  readonly programs: readonly PinnedProgram[];
  readonly maps: { readonly [name in MapName]: KernelMap };
}

export type ConnectObject = PinnedObject<keyof typeof connectObject.maps>;
export type TokenObject = PinnedObject<keyof typeof tokenObject.maps>;

/** Where an object is loaded from and pinned; `shared` are maps of another that it uses as its own. */
export interface ObjectPlace {
  readonly pinFolder: string;
  readonly objectFile: string;
  readonly shared: readonly KernelMap[];
}

const bpffsMagic = 0xcafe4a11;

/**
 * Opens what an earlier agent pinned below the folder, or loads and pins the object file there, whole or not at all.
 * Throws CasaError: `configuration_invalid` when the folder is not on bpffs, `kernel_refused` when the kernel says no.
 */
export function openPinnedObject<MapName extends string>(
  libbpf: Libbpf,
  layout: ObjectLayout<MapName>,
  place: ObjectPlace,
): PinnedObject<MapName> {
  const parent = dirname(place.pinFolder);
  if (!isBpffs(parent)) {
    throw new CasaError('configuration_invalid', `\`${parent}\` is not on bpffs (mount -t bpf bpf FOLDER)`);
  }
  const pinned = join(place.pinFolder, layout.folder);
  if (!existsSync(pinned)) pinObject(libbpf, layout, place);
  const open = (name: string) => accepted(libbpf.openPin(join(pinned, name)), `open the pin of ${name}`);
  const maps = Object.entries<ObjectLayout<MapName>['maps'][MapName]>(layout.maps).map(([name, sizes]) => [
    name,
    { name, fd: open(name), ...sizes },
  ]);
  return {
    programs: Object.entries(layout.programs).map(([name, attachType]) => ({ name, fd: open(name), attachType })),
    // Each name of the layout was opened, and no other.
    maps: Object.fromEntries(maps) as PinnedObject<MapName>['maps'],
  };
}

/** Gives back this process's descriptors; what is pinned goes on. */
export function closePinnedObject(object: PinnedObject<string>): void {
  for (const { fd } of [...object.programs, ...Object.values(object.maps)]) closeSync(fd);
}

function isBpffs(folder: string): boolean {
  return existsSync(folder) && statfsSync(folder).type === bpffsMagic;
}

/** Pins into a folder of its own and renames it: an agent that dies half way leaves nothing that looks whole. */
function pinObject(libbpf: Libbpf, layout: ObjectLayout<string>, place: ObjectPlace): void {
  const { pinFolder, objectFile } = place;
  const half = join(pinFolder, `half_${process.pid}`); // bpffs keeps dots in names for itself
  mkdirSync(half, { recursive: true, mode: 0o700 });
  try {
    const object = loadObject(libbpf, place);
    try {
      for (const name of Object.keys(layout.programs)) {
        const program = libbpf.findProgram(object, name);
        if (program === null) throw new CasaError('kernel_refused', `\`${objectFile}\` has no program ${name}`);
        accepted(libbpf.pin(libbpf.programFd(program), join(half, name)), `pin ${name}`);
      }
      for (const name of Object.keys(layout.maps)) {
        const fd = accepted(libbpf.findMapFd(object, name), `find the map ${name}`);
        accepted(libbpf.pin(fd, join(half, name)), `pin ${name}`);
      }
    } finally {
      libbpf.closeObject(object);
    }
    renameSync(half, join(pinFolder, layout.folder));
  } catch (error) {
    for (const name of readdirSync(half)) unlinkSync(join(half, name));
    rmdirSync(half);
    throw error;
  }
}

function loadObject(libbpf: Libbpf, { objectFile, shared }: ObjectPlace): Pointer {
  if (!existsSync(objectFile)) throw new CasaError('configuration_invalid', `there is no \`${objectFile}\``);
  const object = libbpf.openObject(objectFile, null);
  if (object === null) throw new CasaError('kernel_refused', `\`${objectFile}\` is no object of kernel programs`);
  try {
    for (const { name, fd } of shared) {
      accepted(libbpf.reuseMap(libbpf.findMap(object, name), fd), `use ${name} in \`${objectFile}\``);
    }
    accepted(libbpf.loadObject(object), `load \`${objectFile}\``);
  } catch (error) {
    libbpf.closeObject(object);
    throw error;
  }
  return object;
}
