import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KernelRow, packRow, rowId, unpackRow } from './kernel_row.ts';
import { planRows } from './plan_rows.ts';
import { kernelRow } from './resolve_rows.ts';

const anyRow: fc.Arbitrary<KernelRow> = fc
  .tuple(
    fc.constantFrom('tcp' as const, 'udp' as const),
    fc.integer({ min: 0, max: 65_535 }),
    fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 97, max: 128 })),
    ),
  )
  .map(([proto, port, [address, bits]]) => kernelRow(proto, port, `${address}/${bits}`))
  .filter((rows) => rows.length === 1)
  .map(([row]) => row ?? { proto: 'tcp', port: 1, cidr: '10.0.0.0/8' });

const ids = (rows: readonly KernelRow[]) => [...new Set(rows.map(rowId))].sort();

describe('a plan', () => {
  test('makes what there is into what is wanted, and a second one has nothing to do', () => {
    fc.assert(
      fc.property(fc.array(anyRow), fc.array(anyRow), (current, wanted) => {
        const rows = new Map(current.map((row) => [rowId(row), row]));
        for (const { kind, row } of planRows(current, wanted)) {
          if (kind === 'add') rows.set(rowId(row), row);
          else rows.delete(rowId(row));
        }
        expect(ids([...rows.values()])).toEqual(ids(wanted));
        expect(planRows([...rows.values()], wanted)).toEqual([]);
      }),
    );
  });

  test('removes before it adds, and leaves alone what stays', () => {
    const row = (cidr: string): KernelRow => ({ proto: 'tcp', port: 443, cidr });
    expect(planRows([row('10.0.0.1/32'), row('10.0.0.2/32')], [row('10.0.0.3/32'), row('10.0.0.2/32')])).toEqual([
      { kind: 'remove', row: row('10.0.0.1/32') },
      { kind: 'add', row: row('10.0.0.3/32') },
    ]);
  });
});

describe('a packed row', () => {
  test('unpacks to the same row and policy', () => {
    fc.assert(
      fc.property(anyRow, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (row, policy) => {
        expect(unpackRow(packRow(policy, row))).toEqual({ policy, row });
      }),
    );
  });

  test('lies in the hash when it is one address and port, else in the trie', () => {
    const mapOf = (cidr: string, port: number) => packRow(1, { proto: 'tcp', port, cidr }).map;
    expect([mapOf('10.0.0.1/32', 443), mapOf('10.0.0.1/32', 0), mapOf('10.0.0.0/31', 443)]).toEqual([
      'casa_exact',
      'casa_prefix',
      'casa_prefix',
    ]);
  });

  test('is exact before its address: a shorter prefix never matches another policy, port or proto', () => {
    const { key } = packRow(7, { proto: 'tcp', port: 443, cidr: '0.0.0.0/0' });
    expect(Buffer.from(key).readUInt32LE()).toBe(64 + 96);
  });
});
