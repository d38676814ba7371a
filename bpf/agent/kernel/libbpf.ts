import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { CasaError } from '../../../policies/errors.ts';

/** A pointer of the library's, given back to it as it came. */
export type Pointer = bigint | null;

/** The calls of libbpf.so.1 that the agent makes. Numbers below zero are `-errno` (libbpf 1.0 and later). */
export interface Libbpf {
  readonly openObject: (path: string, options: null) => Pointer;
  readonly loadObject: (object: Pointer) => number;
  readonly closeObject: (object: Pointer) => void;
  readonly findProgram: (object: Pointer, name: string) => Pointer;
  readonly programFd: (program: Pointer) => number;
  readonly findMap: (object: Pointer, name: string) => Pointer;
  /** Before the object is loaded: its map is the one that is there already. */
  readonly reuseMap: (map: Pointer, fd: number) => number;
  readonly findMapFd: (object: Pointer, name: string) => number;
  readonly createLink: (programFd: number, cgroupFd: number, attachType: number, options: null) => number;
  readonly getInfo: (fd: number, info: Uint8Array, sizeBytes: Uint32Array) => number;
  readonly pin: (fd: number, path: string) => number;
  readonly openPin: (path: string) => number;
  readonly update: (fd: number, key: Uint8Array, value: Uint8Array, flags: number) => number;
  readonly lookUp: (fd: number, key: Uint8Array, value: Uint8Array) => number;
  readonly remove: (fd: number, key: Uint8Array) => number;
  readonly nextKey: (fd: number, key: Uint8Array | null, next: Uint8Array) => number;
  readonly openRing: (fd: number, callback: Pointer, context: null, options: null) => Pointer;
  readonly consumeRing: (ring: Pointer) => number;
  readonly freeRing: (ring: Pointer) => void;
  /** What the ring calls for each record, while it is consumed and never else. */
  readonly registerCallback: (onRecord: (record: Uint8Array) => void) => bigint;
  readonly unregisterCallback: (callback: bigint) => void;
}

let loaded: Libbpf | null = null;

/** Opens the library once; throws CasaError('tool_missing') on a machine without it. */
export function openLibbpf(): Libbpf {
  loaded ??= load();
  return loaded;
}

function load(): Libbpf {
  const library = openLibrary();
  const on = koffi.proto('int casa_on_record(void *context, void *record, size_t size)');
  library.func('void *libbpf_set_print(void *print)')(null); // its own words go to stderr: the return code is enough
  return {
    openObject: library.func('void *bpf_object__open_file(const char *path, void *options)'),
    loadObject: library.func('int bpf_object__load(void *object)'),
    closeObject: library.func('void bpf_object__close(void *object)'),
    findProgram: library.func('void *bpf_object__find_program_by_name(void *object, const char *name)'),
    programFd: library.func('int bpf_program__fd(void *program)'),
    findMap: library.func('void *bpf_object__find_map_by_name(void *object, const char *name)'),
    reuseMap: library.func('int bpf_map__reuse_fd(void *map, int fd)'),
    findMapFd: library.func('int bpf_object__find_map_fd_by_name(void *object, const char *name)'),
    createLink: library.func('int bpf_link_create(int program, int target, int type, void *options)'),
    getInfo: library.func('int bpf_obj_get_info_by_fd(int fd, void *info, uint32_t *size)'),
    pin: library.func('int bpf_obj_pin(int fd, const char *path)'),
    openPin: library.func('int bpf_obj_get(const char *path)'),
    update: library.func('int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)'),
    lookUp: library.func('int bpf_map_lookup_elem(int fd, void *key, void *value)'),
    remove: library.func('int bpf_map_delete_elem(int fd, void *key)'),
    nextKey: library.func('int bpf_map_get_next_key(int fd, void *key, void *next)'),
    openRing: library.func('void *ring_buffer__new(int fd, casa_on_record *callback, void *context, void *options)'),
    consumeRing: library.func('int ring_buffer__consume(void *ring)'),
    freeRing: library.func('void ring_buffer__free(void *ring)'),
    registerCallback: (onRecord) =>
      koffi.register((_context: bigint, record: bigint, size: number | bigint) => {
        // The memory is the kernel's and is used again: copied before anybody keeps it.
        onRecord(new Uint8Array(koffi.view(record, Number(size))).slice());
        return 0;
      }, koffi.pointer(on)),
    unregisterCallback: (callback) => koffi.unregister(callback),
  };
}

function openLibrary() {
  try {
    return koffi.load('libbpf.so.1');
  } catch (cause) {
    throw new CasaError('tool_missing', '`libbpf.so.1` is not on this machine', { cause });
  }
}

/** A file descriptor or 0 from a call; throws CasaError('kernel_refused') that says what was tried. */
export function accepted(result: number, tried: string): number {
  if (result >= 0) return result;
  throw new CasaError('kernel_refused', `cannot ${tried}: ${getSystemErrorName(result)}`);
}
