/** The twin of `casa_abi.h`: one table of layouts, from which keys are packed, events unpacked and the C is checked (`abi.test.ts`). */

/** Bytes of a number; `bytes` fields are as long as `sizeBytes` says. */
type Kind = 'u8' | 'u16' | 'u32' | 'u64' | 'bytes';

interface Field {
  readonly kind: Kind;
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface Layout {
  readonly sizeBytes: number;
  readonly fields: { readonly [name: string]: Field };
}

/** What a layout packs: bigint for `u64`, bytes for `bytes`, else a number. */
export type Packed<L extends Layout> = {
  readonly [Name in keyof L['fields']]: L['fields'][Name]['kind'] extends 'u64'
    ? bigint
    : L['fields'][Name]['kind'] extends 'bytes'
      ? Uint8Array
      : number;
};

const u8 = (offset: number) => ({ kind: 'u8', offset, sizeBytes: 1 }) as const;
const u16 = (offset: number) => ({ kind: 'u16', offset, sizeBytes: 2 }) as const;
const u32 = (offset: number) => ({ kind: 'u32', offset, sizeBytes: 4 }) as const;
const u64 = (offset: number) => ({ kind: 'u64', offset, sizeBytes: 8 }) as const;
const bytes = (offset: number, sizeBytes: number) => ({ kind: 'bytes', offset, sizeBytes }) as const;

export const destinationLayout = {
  sizeBytes: 24,
  fields: { policy: u32(0), port: u16(4), proto: u8(6), family: u8(7), address: bytes(8, 16) },
} as const satisfies Layout;

export const prefixKeyLayout = {
  sizeBytes: 28,
  fields: { prefix_bits: u32(0), destination: bytes(4, destinationLayout.sizeBytes) },
} as const satisfies Layout;

export const eventLayout = {
  sizeBytes: 64,
  fields: {
    at_ns: u64(0),
    cgroup: u64(8),
    destination: bytes(16, destinationLayout.sizeBytes),
    pid: u32(40),
    verdict: u8(44),
    hook: u8(45),
    zero: u16(46),
    command: bytes(48, 16),
  },
} as const satisfies Layout;

export const tokenKeyLayout = {
  sizeBytes: 24,
  fields: { k0: u64(0), k1: u64(8), is_set: u64(16) },
} as const satisfies Layout;

export const tokenEventLayout = {
  sizeBytes: 56,
  fields: {
    at_ns: u64(0),
    cgroup: u64(8),
    hash: u64(16),
    destination: bytes(24, destinationLayout.sizeBytes),
    source_port: u16(48),
    token_bytes: u16(50),
    zero: u32(52),
  },
} as const satisfies Layout;

/** C's name of each struct. */
export const structs: { readonly [name: string]: Layout } = {
  casa_destination: destinationLayout,
  casa_prefix_key: prefixKeyLayout,
  casa_event: eventLayout,
  casa_token_key: tokenKeyLayout,
  casa_token_event: tokenEventLayout,
};

/** Every constant of the header under its own name. */
export const constants = {
  CASA_FAMILY_IPV4: 4,
  CASA_FAMILY_IPV6: 6,
  CASA_PORT_ANY: 0,
  CASA_ROW_ALLOW: 1,
  CASA_VERDICT_DENY: 0,
  CASA_VERDICT_ALLOW: 1,
  CASA_HOOK_CONNECT: 1,
  CASA_HOOK_SENDMSG: 2,
  CASA_HOOK_SOCK_CREATE: 3,
  CASA_SETTING_ALLOW_SAMPLE: 0,
  CASA_SETTINGS: 1,
  CASA_COUNT_ALLOW: 0,
  CASA_COUNT_DENY: 1,
  CASA_COUNT_LOST: 2,
  CASA_COUNTS: 3,
  CASA_CGROUPS_MAX: 4096,
  CASA_ROWS_MAX: 65_536,
  CASA_RING_BYTES: 1_048_576,
  CASA_TOKEN_BYTES_MAX: 4096,
  CASA_TOKEN_STREAMS_MAX: 16_384,
  CASA_TOKEN_COUNT_SEEN: 0,
  CASA_TOKEN_COUNT_LOST: 1,
  CASA_TOKEN_COUNT_TOO_LONG: 2,
  CASA_TOKEN_COUNT_OPAQUE: 3,
  CASA_TOKEN_COUNTS: 4,
} as const;

/** Bits of a prefix key before its address: policy, port, proto, family. */
export const prefixBitsBeforeAddress = destinationLayout.fields.address.offset * 8;

/** Packs a struct; throws RangeError when a value does not fit its field. */
export function pack<L extends Layout>(layout: L, values: Packed<L>): Uint8Array {
  const packed = Buffer.alloc(layout.sizeBytes);
  for (const [name, field] of Object.entries(layout.fields)) packField(packed, field, Reflect.get(values, name));
  return packed;
}

/** The inverse of `pack`; throws RangeError when there are not exactly as many bytes as the struct has. */
export function unpack<L extends Layout>(layout: L, packed: Uint8Array): Packed<L> {
  if (packed.length !== layout.sizeBytes) throw new RangeError(`${packed.length} bytes for ${layout.sizeBytes}`);
  const source = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const values = Object.entries(layout.fields).map(([name, field]) => [name, unpackField(source, field)]);
  // The mapped type says of each field what `unpackField` made of its kind.
  return Object.fromEntries(values) as Packed<L>;
}

/** The header's claims as the compiler can judge them: `_Static_assert`s on each size, offset and constant of this table. */
export function renderStaticAsserts(): string {
  const assert = (claim: string) => `_Static_assert(${claim}, "casa_abi.h and abi.ts: ${claim}");`;
  const ofStructs = Object.entries(structs).flatMap(([name, layout]) => [
    assert(`sizeof(struct ${name}) == ${layout.sizeBytes}`),
    ...Object.entries(layout.fields).flatMap(([field, { offset, sizeBytes }]) => [
      assert(`__builtin_offsetof(struct ${name}, ${field}) == ${offset}`),
      assert(`sizeof(((struct ${name} *)0)->${field}) == ${sizeBytes}`),
    ]),
  ]);
  const ofConstants = Object.entries(constants).map(([name, value]) => assert(`${name} == ${value}`));
  return `${['#include "casa_abi.h"', ...ofStructs, ...ofConstants].join('\n')}\n`;
}

function packField(packed: Buffer, { kind, offset, sizeBytes }: Field, value: unknown): void {
  if (kind === 'bytes' && value instanceof Uint8Array && value.length === sizeBytes) packed.set(value, offset);
  else if (kind === 'u64' && typeof value === 'bigint') packed.writeBigUInt64LE(value, offset);
  else if (Number.isInteger(value) && kind !== 'bytes' && kind !== 'u64') {
    packed.writeUIntLE(Number(value), offset, sizeBytes);
  } else throw new RangeError(`a value does not fit the ${kind} of ${sizeBytes} bytes at ${offset}`);
}

function unpackField(source: Buffer, { kind, offset, sizeBytes }: Field): number | bigint | Uint8Array {
  if (kind === 'bytes') return Uint8Array.from(source.subarray(offset, offset + sizeBytes));
  return kind === 'u64' ? source.readBigUInt64LE(offset) : source.readUIntLE(offset, sizeBytes);
}
