import { isIP } from 'node:net';
import { constants } from '../../abi.ts';

/** An address in the one form the kernel compares: sixteen bytes, IPv4 as ::ffff:a.b.c.d with its family beside it. */
export interface Address {
  readonly family: typeof constants.CASA_FAMILY_IPV4 | typeof constants.CASA_FAMILY_IPV6;
  readonly bytes: Uint8Array;
}

/** Addresses that share their first bits. */
export interface Prefix extends Address {
  /** Counted in the sixteen bytes: an IPv4 /24 has 120. */
  readonly bits: number;
}

const bits = 128;
const bitsBeforeIpv4 = 96;

/** null: no IPv4 or IPv6 address, or one with a zone. */
export function parseAddress(text: string): Address | null {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return null;
  const address = expand(version === 4 ? `::ffff:${text}` : text);
  return { family: isMapped(address) ? constants.CASA_FAMILY_IPV4 : constants.CASA_FAMILY_IPV6, bytes: address };
}

/** `10.0.0.0/8`; bits after the prefix are cleared. null: it is none, or reaches over from IPv6 into mapped IPv4. */
export function parsePrefix(text: string): Prefix | null {
  const [before, after, ...rest] = text.split('/');
  const address = parseAddress(before ?? '');
  if (address === null || after === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(after)) return null;
  const isDotted = isIP(before ?? '') === 4;
  const length = Number(after) + (isDotted ? bitsBeforeIpv4 : 0);
  if (length > bits || (address.family === constants.CASA_FAMILY_IPV4 && length < bitsBeforeIpv4)) return null;
  return { family: address.family, bytes: cleared(address.bytes, length), bits: length };
}

/** `10.0.0.1`, `fd00::1`. */
export function renderAddress(address: Address): string {
  if (address.family === constants.CASA_FAMILY_IPV4) return address.bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => groupAt(address.bytes, index).toString(16));
  return canonical(groups.join(':'));
}

/** `10.0.0.0/8`, the inverse of `parsePrefix` for what has no bits after it. */
export function renderPrefix(prefix: Prefix): string {
  const isIpv4 = prefix.family === constants.CASA_FAMILY_IPV4;
  return `${renderAddress(prefix)}/${isIpv4 ? prefix.bits - bitsBeforeIpv4 : prefix.bits}`;
}

/**
 * True for what a name must never open: this machine itself, its link, everybody. An answer of a foreign DNS server that says so
 * would make an allowed name a way to the node's own services.
 */
export function isOwnGround({ family, bytes }: Address): boolean {
  if (family === constants.CASA_FAMILY_IPV4) {
    const [first = 0, second = 0] = bytes.subarray(12);
    return first === 0 || first === 127 || first >= 224 || (first === 169 && second === 254);
  }
  const first = groupAt(bytes, 0);
  const isLowest = bytes.subarray(0, 12).every((byte) => byte === 0); // ::, ::1 and the old ::a.b.c.d
  return isLowest || (first & 0xffc0) === 0xfe80 || (first & 0xff00) === 0xff00;
}

/** WHATWG URLs spell an IPv6 address in one way only (RFC 5952). */
function canonical(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function expand(text: string): Uint8Array {
  const [head = '', tail] = canonical(text).split('::');
  const before = head.split(':').filter((group) => group !== '');
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function isMapped(address: Uint8Array): boolean {
  return address.subarray(0, 10).every((byte) => byte === 0) && groupAt(address, 5) === 0xffff;
}

function groupAt(address: Uint8Array, index: number): number {
  return ((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0);
}

function cleared(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - 8 * index));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}
