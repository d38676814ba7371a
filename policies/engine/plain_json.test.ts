import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainJson } from './plain_json.ts';

describe('plainJson', () => {
  it('copies every JSON value as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(plainJson(JSON.parse(text)))).toBe(text);
      }),
    );
  });

  it('keeps a member named __proto__ a member', () => {
    const hostile: unknown = JSON.parse('{"__proto__": {"verified": true}, "a": 1}');
    const copy = plainJson(hostile);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"verified":true},"a":1}');
    expect((copy as { readonly verified?: unknown }).verified).toBeUndefined();
  });

  it('leaves out what is inherited, and what is undefined', () => {
    const own = Object.assign(Object.create({ verified: true }), { a: 1, b: undefined });
    expect(JSON.stringify(plainJson(own))).toBe('{"a":1}');
  });

  it('does not ask toJSON', () => {
    expect(() => plainJson({ toJSON: () => ({ verified: true }) })).toThrow('a function is not JSON');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s, which JSON would turn to null', (value) => {
    expect(() => plainJson({ amount: value })).toThrow('a number that JSON cannot hold');
  });

  it('refuses what nests too deep', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 70; level += 1) deep = [deep];
    expect(() => plainJson(deep)).toThrow('nested deeper than 64 levels');
  });
});
