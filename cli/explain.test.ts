import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { exitCodes } from './exit_codes.ts';
import { explainCommand } from './explain.ts';
import { runCommand } from './testing.ts';

const bank = fileURLToPath(new URL('../demo/manifests/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'casa-cli-explain-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const casa = (...args: readonly string[]) => runCommand(explainCommand, 'explain', bank, ...args);
const transfer = (...args: readonly string[]) =>
  casa('--caller', 'casa-demo-agent', '--server', 'bank-mcp', '--tool', 'transfer_funds', ...args);

test('a denied call names its reason, the rule by file and line, and what would allow it', async () => {
  const { code, stdout } = await transfer('--arguments', '{"amount": 5000}');
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toMatch(/^DENY arguments_denied_by_policy\n/);
  expect(stdout).toMatch(/BLOCK {3}TOOL_POLICY arguments_denied_by_policy/);
  expect(stdout).toMatch(/policies\.yaml:\d+ Allow does not match\n/);
  expect(stdout).toMatch(/call with arguments that satisfy \S+policies\.yaml:\d+, or widen/);
});

test('an allowed call names the rule that decides', async () => {
  const { stdout } = await transfer('--arguments', '{"amount": 50}');
  expect(stdout).toMatch(/^ALLOW ok\n/);
  expect(stdout).toMatch(/policies\.yaml:\d+ Allow matches, decides\n/);
});

test('every block of a denied call has its own way out, in JSON too', async () => {
  const { stdout } = await transfer('--arguments', '{"amount": 5000}', '--selected', 'none', '--json');
  const { decision, flips } = JSON.parse(stdout);
  expect(decision.allow).toBe(false);
  expect(flips).toHaveLength(2);
  expect(flips[1]).toBe('the LLM of the calling agent must select this tool in this session');
});

test('a whole question from a file gives the same decision', async () => {
  const first = JSON.parse((await transfer('--arguments', '{"amount": 50}', '--json')).stdout);
  const file = join(scratch, 'input.json');
  writeFileSync(file, JSON.stringify(first.input));
  const again = JSON.parse((await casa('--input', file, '--json')).stdout);
  expect(again.decision).toEqual(first.decision);
});

test('a question without a tool, and arguments that are no JSON, are wrong use', async () => {
  expect((await casa()).code).toBe(exitCodes.usage);
  expect((await transfer('--arguments', 'all')).code).toBe(exitCodes.usage);
  expect((await casa('--mas', 'no.such', '--caller', 'a', '--server', 'b', '--tool', 'c')).code).toBe(exitCodes.usage);
});
