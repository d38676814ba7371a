import { expect, test } from 'vitest';
import { readable } from './readable.ts';

test('what would be unseen, or would turn the text around, is written as its code', () => {
  expect(readable('pay\u202Eknab\u202C\u200B\u0000\u001B[31m\uFEFF')).toBe(
    'pay\\u{202e}knab\\u{202c}\\u{200b}\\u{0}\\u{1b}[31m\\u{feff}',
  );
});

test('ordinary text of any language stays as it is', () => {
  const text = 'Überweise 5 € an Łucja\n\tДа, 好的 👍 <b>fett</b>';
  expect(readable(text)).toBe(text);
});
