import { expect, test } from 'vitest';
import { exampleText } from './example_text.ts';

test.each([
  ['^ACC-[0-9]{4}$', 'ACC-0000'],
  ['^(EUR|USD)$', 'EUR'],
  ['^[A-Z]\\d+x?$', 'A0'],
  ['^[a-z.]+@bank\\.example$', 'a@bank.example'],
])('%s takes the example %s', (pattern, text) => {
  expect(exampleText(pattern)).toBe(text);
});

test('where no example is found, none is made up', () => {
  expect(exampleText('^((a|b)c)+$')).toBe(null);
});
