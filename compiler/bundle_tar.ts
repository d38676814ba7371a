/** Bundles as the bytes that travel: a tar.gz that any OPA loads, the same for the same bundle. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { CasaError } from '../policies/errors.ts';
import { type Bundle, parseBundle } from './bundle.ts';
import { record } from './record.ts';

/** All limits are on what comes in. */
export const packedBytesMax = 32 * 1024 * 1024;
export const unpackedBytesMax = 128 * 1024 * 1024;
export const filesMax = 512;
const pathLengthMax = 100;

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** Packs files in the order of their paths, without owner, time or mode of this machine. */
export async function packBundle(bundle: Bundle): Promise<Uint8Array> {
  const tar = pack();
  const chunks = readAll(tar);
  for (const [name, bytes] of Object.entries(record(Object.entries(bundle.files)))) {
    tar.entry({ name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' }, Buffer.from(bytes));
  }
  tar.finalize();
  const packed = await gzipAsync(await chunks, { level: 9 });
  // The tenth byte of gzip names the operating system.
  packed[9] = 255;
  return packed;
}

/** Unpacks what `packBundle` made and checks its revision; throws `bundle_corrupt` for anything else. */
export async function unpackBundle(bytes: Uint8Array): Promise<Bundle> {
  if (bytes.byteLength > packedBytesMax) {
    throw new CasaError('bundle_corrupt', `larger than ${packedBytesMax} bytes`);
  }
  try {
    return parseBundle(await readFiles(await gunzipAsync(bytes, { maxOutputLength: unpackedBytesMax })));
  } catch (cause) {
    if (cause instanceof CasaError) throw cause;
    throw new CasaError('bundle_corrupt', 'not a tar.gz of a bundle', { cause });
  }
}

async function readFiles(tar: Buffer): Promise<{ readonly [path: string]: Uint8Array }> {
  const reader = extract();
  reader.end(tar);
  const files = new Map<string, Uint8Array>();
  for await (const entry of reader) {
    const { name, type } = entry.header;
    checkPath(name);
    if (type !== 'file') throw new CasaError('bundle_corrupt', 'an entry is no plain file');
    if (files.has(name)) throw new CasaError('bundle_corrupt', 'a file is there twice');
    if (files.size >= filesMax) throw new CasaError('bundle_corrupt', `more than ${filesMax} files`);
    files.set(name, await readAll(entry));
  }
  return Object.fromEntries(files);
}

/** Relative, and never upwards: a bundle may be written to a folder. */
function checkPath(path: string): void {
  const steps = path.split('/');
  const plain = steps.every((step) => /^[A-Za-z0-9._-]+$/.test(step) && step !== '.' && step !== '..');
  if (!plain || path.length > pathLengthMax) throw new CasaError('bundle_corrupt', 'a path is not plain');
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    // tar-stream does not say of what its streams are.
    if (!(chunk instanceof Uint8Array)) throw new CasaError('bug', 'a stream of something else than bytes');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
