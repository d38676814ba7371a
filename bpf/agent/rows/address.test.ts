import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOwnGround, parseAddress, parsePrefix, renderAddress, renderPrefix } from './address.ts';

const rendered = (text: string) => {
  const address = parseAddress(text);
  return address === null ? null : renderAddress(address);
};
const canonical = (text: string) => {
  const prefix = parsePrefix(text);
  return prefix === null ? null : renderPrefix(prefix);
};

describe('addresses', () => {
  test('every spelling of one address becomes the same one', () => {
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '0:0:0:0:0:FFFF:0a01:0203'].map(rendered)).toEqual(
      Array.from({ length: 4 }, () => '10.1.2.3'),
    );
    expect(['FD00:0::1', 'fd00::0001'].map(rendered)).toEqual(['fd00::1', 'fd00::1']);
  });

  test.each(['', '10.1.2', '10.1.2.3.4', '010.1.2.3', 'fe80::1%eth0', 'localhost', '1:2:3'])('`%s` is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('rendering and parsing are inverse', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = rendered(text);
        expect(once).not.toBeNull();
        expect(rendered(once ?? '')).toBe(once);
      }),
    );
  });
});

describe('prefixes', () => {
  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['fd12:3456::1/20', 'fd12:3000::/20'],
    ['::/0', '::/0'],
  ])('`%s` is `%s`', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '::/129', '::ffff:0:0/95', '1.1.1.1/8/8'])(
    '`%s` is none',
    (text) => {
      expect(parsePrefix(text)).toBeNull();
    },
  );
});

test.each([
  '127.0.0.1',
  '0.0.0.0',
  '169.254.169.254',
  '224.0.0.1',
  '::1',
  '::',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
])('no name opens `%s`', (text) => {
  expect(isOwnGround(parseAddress(text) ?? { family: 4, bytes: new Uint8Array(16) })).toBe(true);
});

test.each(['10.0.0.1', '93.184.216.34', 'fd00::1', '2001:db8::1'])('a name may open `%s`', (text) => {
  const address = parseAddress(text);
  expect(address !== null && isOwnGround(address)).toBe(false);
});
