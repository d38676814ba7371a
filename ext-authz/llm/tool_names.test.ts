import { expect, test } from 'vitest';
import type { CompiledSystem } from '../../policies/system.ts';
import { callees, pepDocument, transferSchema } from '../testing/requests.ts';
import { mapToolName } from './tool_names.ts';

// Names are read from the callees of the app alone.
const system = { apps: { agent: callees } } as unknown as CompiledSystem;
const policy = { pep: pepDocument, system };
const offered = (parameters: object) => [{ name: 'transfer', parameters: parameters as typeof transferSchema }];

test('a definition equal to the pinned one names its tool, decoration aside', () => {
  const decorated = {
    ...transferSchema,
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Transfer',
    additionalProperties: false,
    required: ['amount', 'to'],
  };
  expect(mapToolName(policy, 'agent', offered(transferSchema), 'transfer')).toBe('bank/transfer');
  expect(mapToolName(policy, 'agent', offered(decorated), 'transfer')).toBe('bank/transfer');
});

test('another definition, another name, or two offers of one name are no tool', () => {
  expect(mapToolName(policy, 'agent', offered({ type: 'object' }), 'transfer')).toBeNull();
  expect(mapToolName(policy, 'agent', offered(transferSchema), 'send')).toBeNull();
  expect(mapToolName(policy, 'agent', [...offered(transferSchema), ...offered({})], 'transfer')).toBeNull();
  expect(mapToolName(policy, 'agent', [], 'transfer')).toBeNull();
});

test('a naming pattern names a tool whatever is offered', () => {
  const { agent } = pepDocument.apps;
  if (agent === undefined) throw new Error('the document has an agent');
  const pep = { ...pepDocument, apps: { ...pepDocument.apps, agent: { ...agent, toolNames: '{server}__{tool}' } } };
  expect(mapToolName({ pep, system }, 'agent', [], 'bank__transfer')).toBe('bank/transfer');
  expect(mapToolName({ pep, system }, 'agent', [], 'bank__steal')).toBeNull();
});
