import type { MapRow } from '../../../policies/maps.ts';
import { addressesOf, type NameBook } from '../names/name_book.ts';
import { nameOf } from '../names/resolver.ts';
import { parseAddress, parsePrefix, renderPrefix } from './address.ts';
import { type KernelRow, rowId } from './kernel_row.ts';

/** The rows of `maps.json` with addresses for names, sorted; a name without an address makes no row. */
export function resolveRows(rows: readonly MapRow[], book: NameBook, nowMs: number): readonly KernelRow[] {
  const resolved = rows.flatMap((row) => {
    const name = nameOf(row);
    const cidrs = 'cidr' in row ? [row.cidr] : name === null ? [] : addressesOf(book, name, nowMs).flatMap(cidrOf);
    return cidrs.flatMap((cidr) => kernelRow(row.proto, row.port, cidr));
  });
  const distinct = new Map(resolved.map((row) => [rowId(row), row]));
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A row of a prefix in the kernel's one spelling; none for what is no prefix. */
export function kernelRow(proto: KernelRow['proto'], port: number, cidr: string): readonly KernelRow[] {
  const prefix = parsePrefix(cidr);
  return prefix === null ? [] : [{ proto, port, cidr: renderPrefix(prefix) }];
}

function cidrOf(text: string): readonly string[] {
  const address = parseAddress(text);
  return address === null ? [] : [renderPrefix({ ...address, bits: 128 })];
}
