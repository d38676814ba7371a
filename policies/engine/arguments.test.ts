import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DecisionInput, JsonObject, JsonValue } from '../contract.ts';
import { flattenArguments } from '../flatten_arguments.ts';
import { readPolicyModules } from '../read_modules.ts';
import type { CompiledArguments, SystemDocument } from '../system.ts';
import { PolicyEngine } from './engine.ts';

const mas = 'bank.bank';
const bank: SystemDocument = JSON.parse(readFileSync(new URL('../testdata/bank.json', import.meta.url), 'utf8'));

/** The bank where the teller may transfer with these arguments only. */
function bankAllowing(conditions: CompiledArguments): SystemDocument {
  const rule = { policy: 'p', effect: 'Allow', enforcement: 'Enforce', arguments: conditions, limits: null } as const;
  const { teller } = bank.mas.apps;
  if (teller === undefined) throw new Error('the bank has no teller');
  const apps = { ...bank.mas.apps, teller: { ...teller, tools: { ledger: { transfer: ['rule'] } } } };
  return { mas: { ...bank.mas, apps, rules: { rule } } };
}

function transfer(callArguments: JsonObject): DecisionInput {
  return {
    phase: 'outbound',
    mas,
    now: 1,
    caller: { app: 'teller', type: 'agent' },
    callee: { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 },
    protocol: 'mcp',
    operation: 'tools/call',
    tool: { server: 'ledger', name: 'transfer', arguments: callArguments },
    token: null,
    session: { state: 'live' },
    selected: null,
    semantic: null,
    counters: {},
    problem: null,
    start_peer: null,
  };
}

const scalar = fc.constantFrom<JsonValue>(0, 1, 2, 2.5, -1, 100, 1e21, 'a', 'AB', 'Åsa', '😀😀', '', true, false, null);
const name = fc.constantFrom('a', 'b', 'c');
const { value } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));
const callArguments = fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true });

const bound = fc.constantFrom(0, 1, 2, 2.5, 100);
const length = fc.constantFrom(0, 1, 2, 3);
const { schema } = fc.letrec<{ schema: JsonObject; flat: JsonObject }>((tie) => ({
  flat: fc.oneof(
    fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null') }),
    fc.record({ type: fc.constantFrom(['string', 'null'], ['integer', 'boolean']) }),
    fc.record({ enum: fc.array(value, { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: value }),
    fc.record({ type: fc.constantFrom('number', 'integer'), minimum: bound, exclusiveMaximum: bound }),
    fc.record({ type: fc.constant('number'), exclusiveMinimum: bound, maximum: bound }),
    fc.record({ type: fc.constant('string'), minLength: length, maxLength: length }),
    fc.record({
      type: fc.constant('string'),
      pattern: fc.constantFrom('^[A-Z]+$', '^.{2}$', '^(?:a|AB)?$', '^[^A]*$'),
    }),
    fc.record({ type: fc.constant('array'), minItems: length, maxItems: length }),
    fc.record({
      type: fc.constant('object'),
      required: fc.subarray(['a', 'b']),
      properties: fc.dictionary(name, scalarSchema(), { noNullPrototype: true }),
    }),
    fc.record({ type: fc.constant('array'), items: scalarSchema() }),
  ),
  schema: fc.oneof(
    { maxDepth: 2 },
    tie('flat'),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(name, tie('schema'), { noNullPrototype: true }),
    }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(name, tie('flat'), { noNullPrototype: true }),
      additionalProperties: fc.constant(false),
    }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('schema') }),
  ),
}));

function scalarSchema(): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    fc.record({ type: fc.constantFrom('string', 'integer', 'null') }),
    fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 2 }) }),
    fc.record({ type: fc.constant('number'), maximum: bound }),
  );
}

it('the rules read a schema as a JSON Schema validator does', async () => {
  const engine = await PolicyEngine.open(readPolicyModules().wasm);
  const ajv = new Ajv({ strict: false, validateSchema: false });
  let held = 0;
  let failed = 0;
  const property = fc.property(schema, fc.array(callArguments, { minLength: 8, maxLength: 8 }), (drawn, calls) => {
    const flat = flattenArguments(drawn);
    if (flat.kind === 'issues') return;
    engine.load(mas, bankAllowing(flat.conditions), 'r');
    const validate = ajv.compile(drawn);
    for (const one of calls) {
      const wanted = validate(one);
      expect(engine.evaluate(transfer(one)).reason).toBe(wanted ? 'ok' : 'arguments_denied_by_policy');
      if (wanted) held += 1;
      else failed += 1;
    }
  });
  fc.assert(property, { seed: 20261125, numRuns: 400 });
  // Of the pairs, at least a thousand each way.
  expect(Math.min(held, failed)).toBeGreaterThan(1000);
});
