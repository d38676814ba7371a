import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib';
import { llmAnswerBytesMax } from '../limits.ts';
import { UnreadableAnswer } from './answer_reader.ts';

/** What a chunk holds once it is unpacked; what passes to the agent stays as it came. */
export interface AnswerDecoder {
  /** All that an agent could have unpacked with this chunk. Rejects with UnreadableAnswer for what is broken, or too large. */
  push(chunk: Uint8Array, last: boolean): Promise<Uint8Array>;
  close(): void;
}

const plain: AnswerDecoder = { push: async (chunk) => chunk, close: () => undefined };

/** The decoder for a `content-encoding` (RFC 9110 section 8.4.1); null for one that is not read. */
export function openDecoder(encoding: string): AnswerDecoder | null {
  switch (encoding) {
    case '':
    case 'identity':
      return plain;
    case 'gzip':
    case 'x-gzip':
      return unpackWith(createGunzip({ flush: zlib.Z_SYNC_FLUSH }));
    case 'deflate':
      return unpackWith(createInflate({ flush: zlib.Z_SYNC_FLUSH }));
    case 'br':
      return unpackWith(createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH }));
    default:
      return null;
  }
}

type Unpacking = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>;

function unpackWith(stream: Unpacking): AnswerDecoder {
  let unpacked: Buffer[] = [];
  let bytes = 0;
  let broken: Error | null = null;
  const fail = (error: Error) => {
    broken ??= error;
    stream.destroy();
  };
  stream.on('error', fail);
  stream.on('data', (part: Buffer) => {
    bytes += part.length;
    // A small answer can unpack to any size.
    if (bytes > llmAnswerBytesMax) fail(new Error('the answer unpacks to more than is read'));
    else unpacked.push(part);
  });
  return {
    async push(chunk, last) {
      await new Promise<void>((resolve) => {
        stream.once('close', resolve);
        const done = () => {
          stream.off('close', resolve);
          resolve();
        };
        if (broken !== null) done();
        else if (last) stream.end(chunk, () => undefined).once('end', done);
        else stream.write(chunk, done);
      });
      if (broken !== null) throw new UnreadableAnswer('the answer cannot be unpacked', { cause: broken });
      const given = Buffer.concat(unpacked);
      unpacked = [];
      return given;
    },
    close: () => void stream.destroy(),
  };
}
