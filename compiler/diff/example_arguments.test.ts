import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../policies/contract.ts';
import { flattenArguments } from '../../policies/flatten_arguments.ts';
import { exampleArguments, examplesMax } from './example_arguments.ts';

const inputSchema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };

test.each<JsonObject>([
  { properties: { amount: { type: 'number', minimum: 5, maximum: 10 } }, required: ['amount'] },
  { properties: { to: { enum: ['a', 'b'] } } },
  { properties: { account: { type: 'string', pattern: '^ACC-[0-9]{4}$' } }, required: ['account'] },
  { properties: { who: { type: 'object', properties: { name: { type: 'string', minLength: 3 } } } } },
])('some examples satisfy the schema of a rule, and some do not: %j', (schema) => {
  const flat = flattenArguments(schema);
  if (flat.kind !== 'flat') throw new Error('no schema of the subset');
  const validate = new Ajv({ strict: false }).compile(schema);
  const verdicts = exampleArguments(inputSchema, [flat.conditions]).map((one) => validate(one));
  expect(new Set(verdicts)).toEqual(new Set([true, false]));
  expect(verdicts.length).toBeLessThanOrEqual(examplesMax);
});
