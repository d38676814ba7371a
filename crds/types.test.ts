import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// A generator of plain JavaScript: its one export is known here.
const generator: { generateTypes: () => Promise<string> } = await import(
  new URL('../scripts/generate_types.mjs', import.meta.url).href
);

test('the committed types are those that the CRD YAML makes', async () => {
  const committed = readFileSync(new URL('./types.ts', import.meta.url), 'utf8');
  expect(await generator.generateTypes()).toBe(committed);
});
