import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  constants,
  destinationLayout,
  eventLayout,
  type Layout,
  type Packed,
  pack,
  prefixKeyLayout,
  renderStaticAsserts,
  tokenEventLayout,
  tokenKeyLayout,
  unpack,
} from './abi.ts';

const hasClang = spawnSync('clang', ['--version']).status === 0;

/** What clang has to say about C beside the header; empty: nothing. */
function compileErrors(source: string): string {
  const headers = `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const argv = ['-target', 'bpfel', '-Wall', '-Werror', '-fsyntax-only', '-x', 'c', `-I${headers}`, '-'];
  return spawnSync('clang', argv, { cwd: import.meta.dirname, input: source, encoding: 'utf8' }).stderr;
}

describe('the two sides of the kernel', () => {
  test.skipIf(!hasClang)('the C header lays everything out as the TypeScript does (needs clang)', () => {
    expect(compileErrors(renderStaticAsserts())).toBe('');
  });

  test.skipIf(!hasClang).each([
    ['an offset', 'port) == 4', 'port) == 6'],
    ['a size', 'sizeof(struct casa_event) == 64', 'sizeof(struct casa_event) == 72'],
    ['a constant', 'CASA_VERDICT_DENY == 0', 'CASA_VERDICT_DENY == 1'],
  ])('%s that differs does not compile (needs clang)', (_, right, wrong) => {
    const asserts = renderStaticAsserts();
    expect(asserts).toContain(right);
    expect(compileErrors(asserts.replaceAll(right, wrong))).toContain('static_assert failed');
  });

  test.skipIf(!hasClang)('every constant of the header is compared (needs clang)', () => {
    const named = spawnSync('grep', ['-oE', 'CASA_[A-Z0-9_]+ =', 'casa_abi.h'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    const names = named.stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')[0]]));
    expect([...names].sort()).toEqual(Object.keys(constants).sort());
  });
});

describe('packing', () => {
  test.each([
    ['destination', destinationLayout],
    ['prefix key', prefixKeyLayout],
    ['event', eventLayout],
    ['token key', tokenKeyLayout],
    ['token event', tokenEventLayout],
  ])('unpacking a packed %s gives back every value', (_, layout: Layout) => {
    fc.assert(
      fc.property(valuesOf(layout), (values) => {
        expect(unpack(layout, pack(layout, values))).toEqual(values);
      }),
    );
  });

  test.each([
    ['destination', destinationLayout],
    ['prefix key', prefixKeyLayout],
    ['event', eventLayout],
    ['token key', tokenKeyLayout],
    ['token event', tokenEventLayout],
  ])('packing an unpacked %s gives back every byte', (_, layout: Layout) => {
    const { sizeBytes } = layout;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes }), (packed) => {
        expect(Buffer.from(pack(layout, unpack(layout, packed)))).toEqual(Buffer.from(packed));
      }),
    );
  });

  test('a value that does not fit its field is refused', () => {
    const fits = { policy: 1, port: 443, proto: 6, family: 4, address: new Uint8Array(16) };
    expect(pack(destinationLayout, fits)).toHaveLength(24);
    for (const wrong of [{ port: 65_536 }, { port: -1 }, { port: 1.5 }, { address: new Uint8Array(4) }]) {
      expect(() => pack(destinationLayout, { ...fits, ...wrong })).toThrow(RangeError);
    }
    expect(() => unpack(destinationLayout, new Uint8Array(25))).toThrow(RangeError);
  });
});

function valuesOf({ fields }: Layout) {
  const value = ({ kind, sizeBytes }: Layout['fields'][string]) => {
    if (kind === 'bytes')
      return fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes }).map((b) => Uint8Array.from(b));
    return kind === 'u64'
      ? fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
      : fc.integer({ min: 0, max: 2 ** (8 * sizeBytes) - 1 });
  };
  // Each value is of its field's kind, which the type of any layout cannot say.
  return fc
    .record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, value(field)])))
    .map((values) => values as unknown as Packed<Layout>);
}
