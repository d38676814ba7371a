import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { llmAnswerBytesMax } from '../limits.ts';
import { UnreadableAnswer } from './answer_reader.ts';
import { openDecoder } from './decode_answer.ts';

const text = 'data: {"choices":[]}\n\n'.repeat(200);
const pack = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync };

describe.each(Object.entries(pack))('an answer in %s', (encoding, packed) => {
  test('is unpacked, wherever its bytes are cut', async () => {
    const bytes = packed(text);
    for (const size of [1, 7, bytes.length]) {
      const decoder = openDecoder(encoding);
      let unpacked = '';
      for (let at = 0; at < bytes.length; at += size) {
        unpacked += Buffer.from((await decoder?.push(bytes.subarray(at, at + size), false)) ?? []).toString();
      }
      unpacked += Buffer.from((await decoder?.push(Buffer.alloc(0), true)) ?? []).toString();
      expect(unpacked).toBe(text);
    }
  });

  test('gives with a chunk all that can be had from it', async () => {
    const decoder = openDecoder(encoding);
    for (const [bytes, part] of await flushed(encoding, ['a', text.repeat(20), 'c'])) {
      expect(Buffer.from((await decoder?.push(bytes, false)) ?? []).toString()).toBe(part);
    }
  });

  test('is unreadable when it is broken, cut short, or unpacks to too much', async () => {
    const bytes = packed(text);
    await expect(openDecoder(encoding)?.push(Buffer.from('no such thing'), true)).rejects.toThrow(UnreadableAnswer);
    await expect(openDecoder(encoding)?.push(bytes.subarray(0, -4), true)).rejects.toThrow(UnreadableAnswer);
    const bomb = packed(Buffer.alloc(llmAnswerBytesMax + 1));
    await expect(openDecoder(encoding)?.push(bomb, true)).rejects.toThrow(UnreadableAnswer);
  });
});

/** Each part with the bytes that a server sends when it flushes after it. */
async function flushed(encoding: string, parts: readonly string[]): Promise<readonly (readonly [Buffer, string])[]> {
  const stream = encoding === 'br' ? createBrotliCompress() : encoding === 'deflate' ? createDeflate() : createGzip();
  const kind = encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
  const found: [Buffer, string][] = [];
  for (const part of parts) {
    stream.write(part);
    await new Promise<void>((resolve) => stream.flush(kind, resolve));
    found.push([stream.read() as Buffer, part]); // no encoding is set: bytes
  }
  return found;
}

test('a plain answer stays as it is, and an unknown encoding has no decoder', async () => {
  expect(await openDecoder('')?.push(Buffer.from('x'), true)).toEqual(Buffer.from('x'));
  for (const encoding of ['zstd', 'gzip, br', 'GZIP ']) expect(openDecoder(encoding)).toBeNull();
});
