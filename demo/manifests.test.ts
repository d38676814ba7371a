import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { declareTools } from './src/manifest/declare_tools.ts';
import { tools } from './src/mcp/tools.ts';

const text = readFileSync(new URL('./manifests/multi_agent_system.yaml', import.meta.url), 'utf8');

function declared(manifest: string): unknown {
  const documents = parseAllDocuments(manifest);
  if (!Array.isArray(documents)) throw new Error('no documents');
  const system = documents.map((document) => document.toJS()).find((value) => value.kind === 'MultiAgentSystem');
  return system.spec.apps.find((app: { name: string }) => app.name === 'bank-mcp').tools;
}

test('the manifest declares the tools as the server defines them', () => {
  expect(declared(text)).toEqual(tools);
  expect(declareTools(text, 'bank-mcp', tools)).toBe(text);
});

test('a tool that the server changed is declared anew, and nothing else is touched', () => {
  const [first] = tools;
  const changed = declareTools(text, 'bank-mcp', first === undefined ? [] : [{ ...first, description: 'Changed' }]);
  expect(declared(changed)).toEqual([{ ...first, description: 'Changed' }]);
  expect(declareTools(changed, 'bank-mcp', tools)).toBe(text);
});
