import { expect, test } from 'vitest';
import { sipHashHex } from './sip_hash.ts';

const key = Uint8Array.from({ length: 16 }, (_, index) => index);
const input = (length: number) => Uint8Array.from({ length }, (_, index) => index);

// `vectors_sip64` of the reference implementation, whose bytes are in little-endian order.
test.each([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
  [16, 'db9bc2577fcc2a3f'],
  [63, '724506eb4c328a95'],
])('%i bytes hash as the reference implementation says', (length, reference) => {
  expect(sipHashHex(key, input(length))).toBe(Buffer.from(reference, 'hex').reverse().toString('hex'));
});

test('a key of another length is refused', () => {
  expect(() => sipHashHex(key.subarray(1), input(1))).toThrow(RangeError);
});
