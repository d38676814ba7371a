import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { CasaError } from '../policies/errors.ts';
import { type Bundle, emitBundle } from './bundle.ts';
import { filesMax, packBundle, packedBytesMax, unpackBundle, unpackedBytesMax } from './bundle_tar.ts';
import { compileText, published } from './testing.ts';

const modules = { rego: { 'rego/decision.rego': 'package casa\n' }, wasm: new Uint8Array([0, 97, 115, 109]) };

function publishedBundle(): Bundle {
  const [compiled] = compileText(published).systems;
  if (compiled === undefined) throw new Error('the published example does not compile');
  return emitBundle(compiled, modules);
}

async function tarOf(entries: readonly { name: string; type?: 'file' | 'symlink'; text?: string }[]) {
  const tar = pack();
  for (const { name, type = 'file', text = '' } of entries) tar.entry({ name, type, linkname: 'x' }, text);
  tar.finalize();
  const chunks: unknown[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks.filter((chunk) => chunk instanceof Uint8Array)));
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await unpackBundle(bytes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CasaError)) return `not refused: ${String(error)}`;
  return `${error.code}: ${error.message}`;
}

describe('bundles', () => {
  test('a bundle has a manifest without a `wasm` key, the documents, the Rego and the WASM', () => {
    const bundle = publishedBundle();
    expect(Object.keys(bundle.files)).toEqual([
      '.manifest',
      'data.json',
      'maps.json',
      'pep.json',
      'policy.wasm',
      'rego/decision.rego',
    ]);
    expect(JSON.parse(Buffer.from(bundle.files['.manifest'] ?? []).toString())).toEqual({
      metadata: { mas: 'my-mas.my-mas' },
      rego_version: 1,
      revision: bundle.revision,
      roots: ['casa', 'mas'],
    });
  });

  test('the revision changes with any file and with nothing else', () => {
    const one = publishedBundle();
    expect(publishedBundle().revision).toBe(one.revision);
    const [compiled] = compileText(published.replace('my-agent:8000', 'my-agent:8001')).systems;
    if (compiled === undefined) throw new Error('does not compile');
    expect(emitBundle(compiled, modules).revision).not.toBe(one.revision);
    expect(emitBundle(compiled, { ...modules, wasm: new Uint8Array([1]) }).revision).not.toBe(
      emitBundle(compiled, modules).revision,
    );
  });

  test('the same bundle packs to the same bytes, and unpacking is the inverse', async () => {
    const bundle = publishedBundle();
    const packed = await packBundle(bundle);
    expect(Buffer.from(await packBundle(publishedBundle())).equals(packed)).toBe(true);
    const unpacked = await unpackBundle(packed);
    expect(unpacked.revision).toBe(bundle.revision);
    expect(unpacked.mas).toBe('my-mas.my-mas');
    expect(Object.keys(unpacked.files)).toEqual(Object.keys(bundle.files));
    for (const [path, bytes] of Object.entries(bundle.files)) {
      expect(Buffer.from(unpacked.files[path] ?? []).equals(bytes)).toBe(true);
    }
  });

  test('a changed file is refused', async () => {
    const bundle = publishedBundle();
    const forged = { ...bundle, files: { ...bundle.files, 'data.json': Buffer.from('{}') } };
    expect(await refusal(await packBundle(forged))).toContain('bundle_corrupt: the revision');
  });

  test('paths that lead elsewhere, links, doubles and missing manifests are refused', async () => {
    for (const name of ['../x', '/x', 'a/../../x', 'a//b', 'a\\b', 'x\u202e']) {
      expect(await refusal(await tarOf([{ name }]))).toBe('bundle_corrupt: a path is not plain');
    }
    expect(await refusal(await tarOf([{ name: 'x', type: 'symlink' }]))).toContain('no plain file');
    expect(await refusal(await tarOf([{ name: 'x' }, { name: 'x' }]))).toContain('twice');
    expect(await refusal(await tarOf([{ name: 'x' }]))).toContain('no `.manifest`');
    expect(await refusal(await tarOf([{ name: '.manifest', text: '{' }]))).toContain('no JSON');
    expect(await refusal(await tarOf([{ name: '.manifest', text: 'null' }]))).toContain('lacks');
  });

  test('too many files and too many bytes are refused', async () => {
    const many = Array.from({ length: filesMax + 1 }, (_, index) => ({ name: `f${index}` }));
    expect(await refusal(await tarOf(many))).toContain('more than');
    expect(await refusal(new Uint8Array(packedBytesMax + 1))).toContain('larger than');
    expect(await refusal(gzipSync(Buffer.alloc(unpackedBytesMax + 1), { level: 1 }))).toContain('not a tar.gz');
  });

  test('cut and changed bytes never unpack to another bundle', async () => {
    const packed = await packBundle(publishedBundle());
    const { revision } = publishedBundle();
    const changed = fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(changed, async ([at, flip, cut]) => {
        const bytes = Buffer.from(cut ? packed.subarray(0, at) : packed);
        if (!cut) bytes[at] = (bytes[at] ?? 0) ^ flip;
        const result = await unpackBundle(bytes).catch((error: unknown) => error);
        if (result instanceof CasaError) return result.code === 'bundle_corrupt';
        // Bytes that mean nothing (the gzip header's system, say) may change.
        return typeof result === 'object' && result !== null && Reflect.get(result, 'revision') === revision;
      }),
      { numRuns: 60 },
    );
  });
});
