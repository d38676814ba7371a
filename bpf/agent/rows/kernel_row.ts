import { CasaError } from '../../../policies/errors.ts';
import { constants, destinationLayout, pack, prefixBitsBeforeAddress, prefixKeyLayout, unpack } from '../../abi.ts';
import { parsePrefix, renderPrefix } from './address.ts';

/** A row as the kernel can compare it: no names left. */
export interface KernelRow {
  readonly proto: Proto;
  /** 0: any. */
  readonly port: number;
  /** As `renderPrefix` spells it. */
  readonly cidr: string;
}

export type Proto = keyof typeof protoNumbers;

/** IPPROTO_TCP and IPPROTO_UDP (linux/in.h). */
const protoNumbers = { tcp: 6, udp: 17 } as const;
const addressBits = 128;

/** Where a row lies: one address and port in the hash, everything wider in the trie. */
export interface PackedRow {
  readonly map: 'casa_exact' | 'casa_prefix';
  readonly key: Uint8Array;
}

/** The text that two rows have in common exactly when they are the same. */
export function rowId({ proto, port, cidr }: KernelRow): string {
  return `${proto} ${cidr} ${port}`;
}

export function packRow(policy: number, row: KernelRow): PackedRow {
  const prefix = parsePrefix(row.cidr);
  if (prefix === null) throw new CasaError('bug', `\`${row.cidr}\` is no prefix`);
  const { family, bytes: address, bits } = prefix;
  const proto = protoNumbers[row.proto];
  const destination = pack(destinationLayout, { policy, port: row.port, proto, family, address });
  if (bits === addressBits && row.port !== constants.CASA_PORT_ANY) return { map: 'casa_exact', key: destination };
  const key = pack(prefixKeyLayout, { prefix_bits: prefixBitsBeforeAddress + bits, destination });
  return { map: 'casa_prefix', key };
}

/** The inverse of `packRow`; null for a key that no row packs to. */
export function unpackRow({ map, key }: PackedRow): { readonly policy: number; readonly row: KernelRow } | null {
  const { bits, destination } = map === 'casa_exact' ? { bits: addressBits, destination: key } : unpackPrefixKey(key);
  const { policy, port, proto, family, address } = unpack(destinationLayout, destination);
  const name = proto === protoNumbers.tcp ? 'tcp' : 'udp';
  if (protoNumbers[name] !== proto || !isFamily(family)) return null;
  return { policy, row: { proto: name, port, cidr: renderPrefix({ family, bytes: address, bits }) } };
}

function unpackPrefixKey(key: Uint8Array) {
  const { prefix_bits, destination } = unpack(prefixKeyLayout, key);
  return { bits: prefix_bits - prefixBitsBeforeAddress, destination };
}

function isFamily(family: number): family is 4 | 6 {
  return family === constants.CASA_FAMILY_IPV4 || family === constants.CASA_FAMILY_IPV6;
}
