import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from './glob.ts';

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '('), maxLength: 8 });
const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '('), maxLength: 10 });

test('a glob matches what the same regular expression matches', () => {
  fc.assert(
    fc.property(pattern, name, (glob, text) => {
      const escaped = glob.replaceAll(/[.()]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
      expect(matchesGlob(glob, text)).toBe(new RegExp(`^${escaped}$`, 's').test(text));
    }),
    { numRuns: 2000 },
  );
});

test('many stars cost no more than the product of the lengths', () => {
  expect(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(128))).toBe(false);
});
