import { expect, test } from 'vitest';
import type { MasRegistration } from '../../policies/wire.ts';
import { missingModel, semanticFlags } from './semantic_options.ts';

const system = (spec: MasRegistration['multiAgentSystem']): MasRegistration => ({
  multiAgentSystem: { spec },
  policies: [],
});
const checked = { enabledToolChecks: ['AI_POWERED_TOOL_MATCH'] };

test('a model that a system needs and that is not there is told of, with what gets it', () => {
  const told = missingModel({ modelsDir: '/nowhere' }, [system({}), system(checked)]);
  expect(told).toContain('/nowhere/all-MiniLM-L6-v2');
  expect(told).toContain('semantic_unavailable');
  expect(told).toContain('node scripts/install_model.mjs');
});

test('nobody is told of a model that nobody needs', () => {
  const verified = { ...checked, semanticCheck: { strategy: 'llm_verifier' } };
  expect(missingModel({ modelsDir: '/nowhere' }, [system({}), system(verified)])).toBeNull();
});

test('the runtime is given whole paths, and of the verifier what was said', () => {
  expect(semanticFlags({ modelsDir: '/models', verifierUrl: 'http://v/v1', verifierModel: 'm' })).toEqual({
    'models-dir': '/models',
    'verifier-url': 'http://v/v1',
    'verifier-model': 'm',
  });
  expect(semanticFlags({ verifierKeyFile: 'key' })['verifier-key-file']).toMatch(/^\/.*\/key$/);
});
