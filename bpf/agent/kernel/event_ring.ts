import { CasaError } from '../../../policies/errors.ts';
import type { KernelMap } from './kernel_map.ts';
import { accepted, type Libbpf, type Pointer } from './libbpf.ts';

/** The kernel's events, read when asked: it wakes nobody. */
export class EventRing {
  readonly #libbpf: Libbpf;
  readonly #callback: bigint;
  readonly #ring: Pointer;

  constructor(libbpf: Libbpf, map: KernelMap, onRecord: (record: Uint8Array) => void) {
    this.#libbpf = libbpf;
    this.#callback = libbpf.registerCallback(onRecord);
    this.#ring = libbpf.openRing(map.fd, this.#callback, null, null);
    if (this.#ring === null) {
      libbpf.unregisterCallback(this.#callback);
      throw new CasaError('kernel_refused', `cannot open the ring ${map.name}`);
    }
  }

  /** Hands out all that has come since the last time. */
  read(): void {
    accepted(this.#libbpf.consumeRing(this.#ring), 'read the ring');
  }

  close(): void {
    this.#libbpf.freeRing(this.#ring);
    this.#libbpf.unregisterCallback(this.#callback);
  }
}
