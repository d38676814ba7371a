import { constants, pack, tokenKeyLayout } from '../../abi.ts';
import { attachCgroup } from '../kernel/attach_cgroup.ts';
import { EventRing } from '../kernel/event_ring.ts';
import { type KernelMap, readEntry, writeEntry } from '../kernel/kernel_map.ts';
import type { Libbpf } from '../kernel/libbpf.ts';
import { closePinnedObject, openPinnedObject, type TokenObject, tokenObject } from '../kernel/pinned_object.ts';

/** What the kernel has counted of bearer tokens since its program was loaded. */
export interface TokenCounts {
  readonly seen: number;
  /** The ring was full: nobody will hear of them. */
  readonly lost: number;
  readonly tooLong: number;
  /** Connections that are no HTTP/1, or of which bytes went by unseen. */
  readonly opaque: number;
}

export interface TokenPlace {
  readonly pinFolder: string;
  readonly objectFile: string;
  /** `casa_cgroups` of the connect hooks. */
  readonly cgroups: KernelMap;
}

/** The kernel's look at bearer tokens of some cgroups. It decides nothing: without it, all that is enforced stays enforced. */
export class TokenWatch {
  readonly #libbpf: Libbpf;
  readonly #pinFolder: string;
  readonly #object: TokenObject;
  readonly #ring: EventRing;

  /** Throws CasaError('kernel_refused') where the kernel does not take the program: it needs `bpf_loop` (Linux 5.17). */
  constructor(libbpf: Libbpf, { pinFolder, objectFile, cgroups }: TokenPlace, onRecord: (record: Uint8Array) => void) {
    this.#libbpf = libbpf;
    this.#pinFolder = pinFolder;
    this.#object = openPinnedObject(libbpf, tokenObject, { pinFolder, objectFile, shared: [cgroups] });
    this.#ring = new EventRing(libbpf, this.#object.maps.casa_token_events, onRecord);
  }

  attach(cgroup: string): void {
    attachCgroup(this.#libbpf, this.#object.programs, cgroup, this.#pinFolder);
  }

  /** Sixteen bytes, from which on tokens are hashed. */
  setKey(key: Uint8Array): void {
    const bytes = Buffer.from(key);
    const value = { k0: bytes.readBigUInt64LE(0), k1: bytes.readBigUInt64LE(8), is_set: 1n };
    writeEntry(this.#libbpf, this.#object.maps.casa_token_key, new Uint8Array(4), pack(tokenKeyLayout, value));
  }

  read(): void {
    this.#ring.read();
  }

  counts(): TokenCounts {
    const read = (which: number) => {
      const value = readEntry(this.#libbpf, this.#object.maps.casa_token_counts, Uint8Array.of(which, 0, 0, 0));
      return value === null ? 0 : Number(Buffer.from(value).readBigUInt64LE());
    };
    return {
      seen: read(constants.CASA_TOKEN_COUNT_SEEN),
      lost: read(constants.CASA_TOKEN_COUNT_LOST),
      tooLong: read(constants.CASA_TOKEN_COUNT_TOO_LONG),
      opaque: read(constants.CASA_TOKEN_COUNT_OPAQUE),
    };
  }

  close(): void {
    this.#ring.read();
    this.#ring.close();
    closePinnedObject(this.#object);
  }
}
