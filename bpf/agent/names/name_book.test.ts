import { describe, expect, test } from 'vitest';
import type { MapRow } from '../../../policies/maps.ts';
import { resolveRows } from '../rows/resolve_rows.ts';
import { addressesMax, graceMs, learnAnswer, ttlMaxMs, ttlMinMs, unknownName } from './known_name.ts';
import { addressesOf, refreshNames } from './name_book.ts';
import type { Answer, Name } from './resolver.ts';

const llm: Name = { kind: 'fqdn', fqdn: 'llm.example' };
const ttlMs = 10_000;
const answering = (answer: Answer) => async () => answer;
const failing = () => Promise.reject(new Error('no DNS server'));

describe('a name', () => {
  test('is asked for again when its TTL is over, and not before', async () => {
    let asked = 0;
    const resolver = async () => {
      asked += 1;
      return { addresses: ['192.0.2.1'], ttlMs };
    };
    const first = await refreshNames(new Map(), [llm, llm], resolver, 0);
    await refreshNames(first.book, [llm], resolver, ttlMs - 1);
    expect(asked).toBe(1);
    await refreshNames(first.book, [llm], resolver, ttlMs);
    expect(asked).toBe(2);
  });

  test('keeps the addresses of an earlier answer until their own time is over', async () => {
    const first = await refreshNames(new Map(), [llm], answering({ addresses: ['192.0.2.1'], ttlMs }), 0);
    const second = await refreshNames(first.book, [llm], answering({ addresses: ['192.0.2.2'], ttlMs }), ttlMs);
    expect(addressesOf(second.book, llm, ttlMs)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(addressesOf(second.book, llm, ttlMs + graceMs)).toEqual(['192.0.2.2']);
  });

  test('that cannot be resolved any more is an issue, and closes when its time is over', async () => {
    const first = await refreshNames(new Map(), [llm], answering({ addresses: ['192.0.2.1'], ttlMs }), 0);
    const { book, issues } = await refreshNames(first.book, [llm], failing, ttlMs);
    expect(issues).toMatchObject([{ code: 'name_unresolved', message: 'cannot resolve `llm.example`: no DNS server' }]);
    expect(addressesOf(book, llm, ttlMs + graceMs - 1)).toEqual(['192.0.2.1']);
    expect(addressesOf(book, llm, ttlMs + graceMs)).toEqual([]);
  });

  test('opens no address of this machine, its link or everybody', async () => {
    const answer = { addresses: ['127.0.0.1', '169.254.169.254', '::1', 'nonsense', '192.0.2.1'], ttlMs };
    const { book, issues } = await refreshNames(new Map(), [llm], answering(answer), 0);
    expect(addressesOf(book, llm, 0)).toEqual(['192.0.2.1']);
    expect(issues.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'address_refused'));
  });

  test('holds no TTL and no number of addresses beyond its limits', () => {
    const many = Array.from({ length: addressesMax + 5 }, (_, index) => `192.0.2.${index}`);
    expect(learnAnswer(unknownName, { addresses: many, ttlMs }, 0).addresses.size).toBe(addressesMax);
    expect(learnAnswer(unknownName, { addresses: [], ttlMs: 0 }, 0).refreshAtMs).toBe(ttlMinMs);
    expect(learnAnswer(unknownName, { addresses: [], ttlMs: 1e12 }, 0).refreshAtMs).toBe(ttlMaxMs);
  });
});

test('rows come out with addresses for names, sorted, none twice; a name without one makes none', async () => {
  const { book } = await refreshNames(new Map(), [llm], answering({ addresses: ['192.0.2.1', 'fd00::1'], ttlMs }), 0);
  const rows: readonly MapRow[] = [
    { proto: 'tcp', port: 443, fqdn: 'llm.example' },
    { proto: 'tcp', port: 443, cidr: '192.0.2.1/32' },
    { proto: 'tcp', port: 80, name: 'ledger', namespace: 'shop' },
  ];
  expect(resolveRows(rows, book, 0)).toEqual([
    { proto: 'tcp', port: 443, cidr: '192.0.2.1/32' },
    { proto: 'tcp', port: 443, cidr: 'fd00::1/128' },
  ]);
});
