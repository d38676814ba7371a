import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { exitCodes } from './exit_codes.ts';
import { istioCommand } from './istio.ts';
import { run } from './run.ts';

const testdata = fileURLToPath(new URL('../compiler/', import.meta.url));

async function casa(...args: readonly string[]) {
  const out = { stdout: '', stderr: '' };
  const terminal = {
    stdout: (text: string) => {
      out.stdout += text;
    },
    stderr: (text: string) => {
      out.stderr += text;
    },
  };
  return { code: await run(['istio', ...args], terminal, '1.2.3', [istioCommand]), ...out };
}

test('prints the objects of every namespace as one YAML stream, and nothing else', async () => {
  const { code, stdout } = await casa(`${testdata}istio/testdata/two_systems/input.yaml`);
  expect(code).toBe(exitCodes.ok);
  const documents = parseAllDocuments(stdout);
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const filters = documents.map((document) => document.toJS()).filter(({ kind }) => kind === 'EnvoyFilter');
  expect(filters.map(({ metadata }) => metadata.namespace)).toEqual(['other', 'shop', 'shop']);
});

test('a MAS with errors gets no objects, and its mistakes are on stderr', async () => {
  const { code, stdout, stderr } = await casa(`${testdata}testdata/five_mistakes/input.yaml`);
  expect({ code, stdout }).toEqual({ code: exitCodes.issues, stdout: '' });
  expect(stderr).toContain('5 errors, 0 warnings\n');
});
