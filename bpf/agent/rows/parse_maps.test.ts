import { expect, test } from 'vitest';
import type { MapsDocument } from '../../../policies/maps.ts';
import { parseMaps } from './parse_maps.ts';

const maps: MapsDocument = {
  mas: 'shop.bank',
  apps: [
    {
      app: 'teller',
      policy: 'shop/teller',
      rows: [
        { proto: 'tcp', port: 8080, name: 'ledger', namespace: 'shop' },
        { proto: 'tcp', port: 443, fqdn: 'llm.example' },
        { proto: 'tcp', port: 5432, cidr: '10.0.0.0/8' },
      ],
    },
  ],
};

test('a document of the compiler is read as it is', () => {
  expect(parseMaps(JSON.stringify(maps))).toEqual({ maps, issues: [] });
});

test('every mistake is found at once, with its path', () => {
  const rows = [
    { proto: 'udp', port: 1, cidr: '10.0.0.0/8' },
    { proto: 'tcp', port: 70_000, cidr: '10.0.0.0/8' },
    { proto: 'tcp', port: 1, cidr: '10.0.0.0' },
    { proto: 'tcp', port: 1, fqdn: 'not a name' },
    { proto: 'tcp', port: 1, name: 'ledger' },
    null,
  ];
  const { issues } = parseMaps(JSON.stringify({ mas: '', apps: [{ app: 'teller', policy: '', rows }] }));
  expect(issues.map(({ path }) => path)).toEqual([
    'mas',
    'apps[0].rows[0].proto',
    'apps[0].rows[1].port',
    'apps[0].rows[2].cidr',
    'apps[0].rows[3].fqdn',
    'apps[0].rows[4]',
    'apps[0].rows[5].proto',
    'apps[0].rows[5].port',
  ]);
});

test.each(['', '{', '[]', 'null', '{"mas":"a.b"}', '{"mas":"a.b","apps":[null]}'])('`%s` is no document', (text) => {
  const parsed = parseMaps(text);
  expect(parsed.maps).toBeNull();
  expect(parsed.issues.length).toBeGreaterThan(0);
});
