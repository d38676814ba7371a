import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { diffCommand } from './diff.ts';
import { exitCodes } from './exit_codes.ts';
import { runCommand } from './testing.ts';

const testdata = fileURLToPath(new URL('../conformance/recorded/testdata/', import.meta.url));
const bank = fileURLToPath(new URL('../demo/manifests/', import.meta.url));
const notes = join(testdata, 'notes');
const house = join(testdata, 'house.yaml');
const scratch = mkdtempSync(join(tmpdir(), 'casa-cli-diff-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const casa = (...args: readonly string[]) => runCommand(diffCommand, 'diff', ...args);

/** The manifest with something about it changed, in a file of its own. */
function planted(name: string, file: string, from: string, to: string): string {
  const path = join(scratch, name);
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error('what is planted is gone');
  writeFileSync(path, text.replace(from, to));
  return path;
}

const shredding = '    - { server: "*", name: "shred_*", effect: Allow }\n    - { server: "*", name: mail_note';
const wider = planted('wider.yaml', house, '    - { server: "*", name: mail_note', shredding);

test('a planted widening is named with the recorded calls that it would let through, and is exit code 1', async () => {
  const { code, stdout } = await casa(house, wider, '--traces', notes);
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toBe(`+ recorded, denied to allowed: 1 (benign 0, injected 1, unknown 0)
    house/1 call 2: shred_notes {}: tool_denied_by_policy to ok
- recorded, allowed to denied: 0 (benign 0, injected 0, unknown 0)
not replayed: 1: the tool is known to neither side
9 recorded calls replayed, 1 not, 0 lines not read
0 newly allowed, 0 newly denied
`);
});

test('the narrowing back is told apart, and is exit code 0', async () => {
  const { code, stdout } = await casa(wider, house, '--traces', notes, '--json');
  expect(code).toBe(exitCodes.ok);
  expect(JSON.parse(stdout).flips).toMatchObject({
    replayed: 9,
    allowedToDenied: { count: 1, labels: { injected: 1 } },
    deniedToAllowed: { count: 0 },
    notReplayed: { calls: 1, why: { 'the tool is known to neither side': 1 } },
  });
});

test('without recordings a widening is named by app, tool and the line of its rule, with an example', async () => {
  const joined = join(scratch, 'bank.yaml');
  const texts = ['multi_agent_system', 'policies'].map((name) => readFileSync(join(bank, `${name}.yaml`), 'utf8'));
  writeFileSync(joined, texts.join('---\n'));
  const raised = planted(
    'raised.yaml',
    joined,
    'sum: { argument: amount, max: 1000 }',
    'sum: { argument: amount, max: 9000 }',
  );
  const { code, stdout } = await casa(joined, raised);
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toContain('+ newly allowed: bank.bank/casa-demo-agent calls bank-mcp/transfer_funds\n');
  expect(stdout).toContain('after 0 calls with a sum of 1000 in the session');
  expect(stdout).toMatch(/now ok \(.*raised\.yaml:\d+\)/);
  expect(stdout).toMatch(/1 newly allowed, 0 newly denied\n$/);
});

test('manifests with errors are not compared, and policies alone need recordings', async () => {
  const broken = planted('broken.yaml', house, 'effect: Allow', 'effect: Perhaps');
  expect((await casa(house, broken)).code).toBe(exitCodes.issues);
  expect((await casa(house, wider)).code).toBe(exitCodes.usage);
});

test('with --json, manifests with errors are JSON too', async () => {
  const mistakes = fileURLToPath(new URL('../compiler/testdata/five_mistakes/input.yaml', import.meta.url));
  const { code, stdout } = await runCommand(diffCommand, 'diff', mistakes, mistakes, '--json');
  expect(code).toBe(exitCodes.issues);
  expect(JSON.parse(stdout).issues[0]).toMatchObject({ severity: 'error', source: mistakes, line: expect.any(Number) });
});
