import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrictJson } from './strict_json.ts';

const read = (text: string) => parseStrictJson(Buffer.from(text));

describe('strict JSON', () => {
  test.each([
    ['duplicate keys', '{"a":1,"a":2}'],
    ['duplicate keys after unescaping', '{"a":1,"\\u0061":2}'],
    ['duplicate keys deep inside', '[{"x":{"k":1,"b":[],"k":1}}]'],
    ['a duplicate key behind white space', '{"a":1, "a"\n\t :2}'],
    ['trailing data', '{} {}'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['a number beyond a double', '[1e999]'],
    ['an integer that loses digits', '{"n":9007199254740993}'],
    ['too much depth', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['a comment', '{}// '],
    ['NaN', '[NaN]'],
  ])('%s has no value', (_, text) => {
    expect(read(text)).toBeNull();
  });

  test('invalid UTF-8 has no value', () => {
    expect(parseStrictJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBeNull();
  });

  test('strings that look like keys, braces or numbers are strings', () => {
    const value = { a: ['a', 'a', '{"a":', '9007199254740993'], 'b"': '\\"', '': { a: -0.5e-3 } };
    expect(read(JSON.stringify(value))).toEqual({ value });
  });

  test('every JSON value of bounded depth reads as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const found = read(text);
        if (found !== null) expect(found.value).toEqual(JSON.parse(text));
      }),
    );
  });

  test('no bytes make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseStrictJson(bytes)));
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\0a-e.') }), (text) => void read(text)));
  });

  test('repeating a member makes any object unreadable', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer(), { minKeys: 1 }), (object) => {
        const [key = ''] = Object.keys(object);
        const text = JSON.stringify(object);
        expect(read(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`)).toBeNull();
      }),
    );
  });
});
