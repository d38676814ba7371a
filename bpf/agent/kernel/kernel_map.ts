import { accepted, type Libbpf } from './libbpf.ts';

/** A map of the kernel's by its descriptor, with the sizes of what it holds. */
export interface KernelMap {
  readonly name: string;
  readonly fd: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** Writes an entry, over one that is there. */
export function writeEntry(libbpf: Libbpf, map: KernelMap, key: Uint8Array, value: Uint8Array): void {
  accepted(libbpf.update(map.fd, key, value, 0), `write to ${map.name}`);
}

/** Removes an entry; one that is not there is no mistake. */
export function removeEntry(libbpf: Libbpf, map: KernelMap, key: Uint8Array): void {
  if (readEntry(libbpf, map, key) !== null) accepted(libbpf.remove(map.fd, key), `remove from ${map.name}`);
}

/** null: it is not there. */
export function readEntry(libbpf: Libbpf, map: KernelMap, key: Uint8Array): Uint8Array | null {
  const value = new Uint8Array(map.valueBytes);
  return libbpf.lookUp(map.fd, key, value) === 0 ? value : null;
}

/** All keys at once, so that a caller may remove while it goes through them. */
export function readKeys(libbpf: Libbpf, map: KernelMap): readonly Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let key: Uint8Array | null = null; ; ) {
    const next = new Uint8Array(map.keyBytes);
    if (libbpf.nextKey(map.fd, key, next) !== 0) return keys;
    keys.push(next);
    key = next;
  }
}
