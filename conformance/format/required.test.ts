import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readBehaviours } from './read_behaviours.ts';
import { missingBehaviours, readRequired } from './required.ts';

const required = readRequired(fileURLToPath(new URL('../required.yaml', import.meta.url)));
const { behaviours } = readBehaviours([fileURLToPath(new URL('../behaviours', import.meta.url))]);

test('every required behaviour has a case', () => {
  expect(required.length).toBeGreaterThan(40);
  expect(missingBehaviours(required, behaviours)).toEqual([]);
});

test('a required behaviour without a case is found', () => {
  const without = behaviours.filter(({ id }) => id !== 'forged_token_is_denied');
  expect(missingBehaviours(required, without)).toEqual(['forged_token_is_denied']);
});

test('a list that is no list of ids is an error', () => {
  const file = fileURLToPath(new URL('./behaviour.schema.yaml', import.meta.url));
  expect(() => readRequired(file)).toThrowError(expect.objectContaining({ code: 'configuration_invalid' }));
});
