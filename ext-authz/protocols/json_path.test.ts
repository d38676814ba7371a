import { describe, expect, test } from 'vitest';
import { parseJsonPath, readJsonPath } from './json_path.ts';

describe('the JSONPath of a prompt', () => {
  test.each([
    ['{.prompt}', ['prompt']],
    ['.a.b[0].c', ['a', 'b', 0, 'c']],
    ["{$['x y'].z}", ['x y', 'z']],
    ['{.a["q\\"r"]}', ['a', 'q"r']],
  ])('%s is read', (text, path) => {
    expect(parseJsonPath(text)).toEqual(path);
  });

  test.each(['', '{}', '{..a}', '{.a[*]}', '{.a[-1]}', '{.a[?(@.b)]}', '{.a} {.b}', '{range .a}'])(
    '%s is not supported',
    (text) => {
      expect(parseJsonPath(text)).toBeNull();
    },
  );

  test('what is not there is undefined, inherited members included', () => {
    expect(readJsonPath(['a', 0, 'b'], { a: [{ b: 'x' }] })).toBe('x');
    expect(readJsonPath(['a', 'length'], { a: [] })).toBeUndefined();
    expect(readJsonPath(['constructor'], {})).toBeUndefined();
    expect(readJsonPath([0], 'text')).toBeUndefined();
  });
});
