import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  statfsSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { CasaError } from '../../../policies/errors.ts';
import { accepted, type Libbpf } from './libbpf.ts';
import type { PinnedProgram } from './pinned_object.ts';

const cgroup2Magic = 0x63677270;
/** `struct bpf_link_info`: the cgroup's id follows three numbers and a gap (linux/bpf.h). */
const linkInfoBytes = 64;
const linkInfoCgroupOffset = 16;

/** The id by which the kernel knows a cgroup v2 directory; throws CasaError('configuration_invalid') when it is none. */
export function readCgroupId(path: string): bigint {
  if (!existsSync(path) || statfsSync(path).type !== cgroup2Magic) {
    throw new CasaError('configuration_invalid', `\`${path}\` is no cgroup v2 directory`);
  }
  return statSync(path, { bigint: true }).ino;
}

/** Attaches each program to the cgroup and pins the link; what is attached already stays as it is. */
export function attachCgroup(libbpf: Libbpf, programs: readonly PinnedProgram[], path: string, folder: string): void {
  const pins = join(folder, 'links', String(readCgroupId(path)));
  mkdirSync(pins, { recursive: true, mode: 0o700 });
  const cgroup = openSync(path, 'r');
  try {
    for (const program of programs) {
      const pin = join(pins, program.name);
      if (existsSync(pin)) continue;
      const tried = `attach ${program.name} to \`${path}\``;
      const link = accepted(libbpf.createLink(program.fd, cgroup, program.attachType, null), tried);
      // INVARIANT (deny by default): a link that is not pinned would end with this process, and open the cgroup.
      accepted(libbpf.pin(link, pin), `pin ${pin}`);
      closeSync(link);
    }
  } finally {
    closeSync(cgroup);
  }
}

/** Removes the pins of cgroups that are gone, and says which. One that still exists is never detached. */
export function sweepLinks(libbpf: Libbpf, folder: string): readonly bigint[] {
  const links = join(folder, 'links');
  if (!existsSync(links)) return [];
  const gone = readdirSync(links).filter((id) => {
    const names = readdirSync(join(links, id));
    return names.every((name) => readLinkCgroup(libbpf, join(links, id, name)) === 0n);
  });
  for (const id of gone) {
    for (const name of readdirSync(join(links, id))) unlinkSync(join(links, id, name));
    rmdirSync(join(links, id));
  }
  return gone.map(BigInt);
}

/** 0: the cgroup is gone, and the link with it. */
function readLinkCgroup(libbpf: Libbpf, pin: string): bigint {
  const link = accepted(libbpf.openPin(pin), `open ${pin}`);
  const info = Buffer.alloc(linkInfoBytes);
  const result = libbpf.getInfo(link, info, new Uint32Array([linkInfoBytes]));
  closeSync(link);
  accepted(result, `read ${pin}`);
  return info.readBigUInt64LE(linkInfoCgroupOffset);
}
