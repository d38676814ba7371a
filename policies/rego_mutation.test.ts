import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'casa-mutation-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function mutate(name: string, rule: string, tests: string) {
  const folder = join(scratch, name);
  cpSync(join(root, 'policies/capabilities.json'), join(folder, 'capabilities.json'));
  writeFileSync(join(folder, 'door.rego'), `package door\n\n${rule}`);
  writeFileSync(join(folder, 'door_test.rego'), `package door_test\n\nimport data.door\n\n${tests}`);
  const argv = ['scripts/opac.mjs', 'mutate', '--json', folder];
  const { stdout, status } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  return { status, report: JSON.parse(stdout) };
}

const rule = 'open if {\n\tinput.key == "right"\n\tinput.hour < 18\n}\n';
const rightKey = 'test_key if not door.open with input as {"key": "wrong", "hour": 9}\n';
const opens = 'test_opens if door.open with input as {"key": "right", "hour": 9}\n';

test('a literal that no test misses is found and named', () => {
  const { status, report } = mutate('planted', rule, opens + rightKey);
  expect(status).toBe(1);
  expect(report).toMatchObject({ literals: 2, killed: 1 });
  expect(report.survived).toEqual([{ place: expect.stringMatching(/door\.rego:5:2$/), text: 'input.hour < 18' }]);
});

test('rules whose every literal is missed by a test pass', () => {
  const late = 'test_late if not door.open with input as {"key": "right", "hour": 20}\n';
  const { status, report } = mutate('whole', rule, opens + rightKey + late);
  expect(status).toBe(0);
  expect(report).toMatchObject({ literals: 2, killed: 2, survived: [] });
});
