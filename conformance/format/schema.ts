/** The strict format of a behaviour file, as a validator. */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { reasons } from '../../policies/contract.ts';

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true, strictRequired: false });
addFormats.default(ajv, ['date-time']);

// `as`: the file is part of the program.
const schema = parse(readFileSync(new URL('./behaviour.schema.yaml', import.meta.url), 'utf8')) as {
  definitions: { step: { properties: { expect: { properties: { reason: object } } } } };
};
// The contract's list is the only one.
schema.definitions.step.properties.expect.properties.reason = { enum: reasons };
const compiled = ajv.compile(schema);

/** Everything that is wrong with the shape of the value. */
export function behaviourErrors(value: unknown): readonly ErrorObject[] {
  return compiled(value) ? [] : (compiled.errors ?? []);
}
