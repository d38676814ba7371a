import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readBehaviours } from './read_behaviours.ts';

const ours = fileURLToPath(new URL('../behaviours', import.meta.url));

test('every behaviour of the house can be read without an issue', () => {
  const { behaviours, issues } = readBehaviours([ours]);
  expect(issues).toEqual([]);
  expect(behaviours.length).toBeGreaterThan(40);
});

test('a path without behaviour files is an issue', () => {
  const { issues } = readBehaviours([`${ours}/nowhere`]);
  expect(issues.map(({ code }) => code)).toEqual(['no_behaviours']);
});
