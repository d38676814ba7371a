/** The lines of a text file, gzipped where its name says so, one at a time, however large the file is. */
import { createReadStream, type ReadStream } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';

/** Longest line that is read, in characters. */
export const lineLengthMax = 16 * 1024 * 1024;

export type Line =
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  | { readonly kind: 'problem'; readonly number: number; readonly why: string };

/** Never throws for what is in the file: a file that ends early, or is no gzip, is one more problem. */
export async function* readLines(file: string): AsyncGenerator<Line> {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? unzip(bytes) : bytes;
  text.setEncoding('utf8');
  let number = 1;
  let rest = '';
  let tooLong = false;
  try {
    for await (const chunk of text) {
      const parts = String(chunk).split('\n');
      for (const [index, part] of parts.entries()) {
        if (index > 0) {
          yield ended(number, rest, tooLong);
          number += 1;
          rest = '';
          tooLong = false;
        }
        if (rest.length + part.length > lineLengthMax) tooLong = true;
        rest = tooLong ? '' : rest + part;
      }
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    yield { kind: 'problem', number, why: `the file cannot be read on (${code})` };
    return;
  } finally {
    bytes.destroy();
    text.destroy();
  }
  if (rest !== '' || tooLong) yield ended(number, rest, tooLong);
}

function unzip(bytes: ReadStream): Gunzip {
  const text = createGunzip();
  bytes.on('error', (error) => text.destroy(error));
  return bytes.pipe(text);
}

function ended(number: number, text: string, tooLong: boolean): Line {
  if (tooLong) return { kind: 'problem', number, why: `longer than ${lineLengthMax} characters` };
  return { kind: 'line', number, text };
}
