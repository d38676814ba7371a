/** SipHash-2-4 (Aumasson and Bernstein, 2012): the kernel hashes bearer tokens with it, and nobody without the key can tell whose they are. */

const mask = 0xffff_ffff_ffff_ffffn;

/** Bytes of a key. */
export const sipKeyBytes = 16;

/** The hash of the bytes under a key of sixteen, as 16 lower-case hexadecimal digits. */
export function sipHashHex(key: Uint8Array, bytes: Uint8Array): string {
  if (key.length !== sipKeyBytes) throw new RangeError(`a key of ${key.length} bytes`);
  const keyWords = Buffer.from(key);
  const [k0, k1] = [keyWords.readBigUInt64LE(0), keyWords.readBigUInt64LE(8)];
  const v: Words = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  for (const word of wordsOf(bytes)) {
    v[3] ^= word;
    round(v);
    round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let rounds = 0; rounds < 4; rounds += 1) round(v);
  return (v[0] ^ v[1] ^ v[2] ^ v[3]).toString(16).padStart(16, '0');
}

type Words = [bigint, bigint, bigint, bigint];

/** The bytes, zeroes up to the last byte of a word, and there their number. */
function wordsOf(bytes: Uint8Array): BigUint64Array {
  const words = new DataView(new ArrayBuffer(Math.floor(bytes.length / 8 + 1) * 8));
  new Uint8Array(words.buffer).set(bytes);
  words.setUint8(words.byteLength - 1, bytes.length & 255);
  return BigUint64Array.from({ length: words.byteLength / 8 }, (_, index) => words.getBigUint64(index * 8, true));
}

function round(v: Words): void {
  v[0] = (v[0] + v[1]) & mask;
  v[1] = rotated(v[1], 13n) ^ v[0];
  v[0] = rotated(v[0], 32n);
  v[2] = (v[2] + v[3]) & mask;
  v[3] = rotated(v[3], 16n) ^ v[2];
  v[0] = (v[0] + v[3]) & mask;
  v[3] = rotated(v[3], 21n) ^ v[0];
  v[2] = (v[2] + v[1]) & mask;
  v[1] = rotated(v[1], 17n) ^ v[2];
  v[2] = rotated(v[2], 32n);
}

function rotated(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & mask;
}
