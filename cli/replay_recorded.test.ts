import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { conformanceCommand } from './conformance.ts';
import { exitCodes } from './exit_codes.ts';
import { runCommand } from './testing.ts';

const testdata = fileURLToPath(new URL('../conformance/recorded/testdata/', import.meta.url));
const notes = join(testdata, 'notes');
const scratch = mkdtempSync(join(tmpdir(), 'casa-cli-recorded-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const casa = (...args: readonly string[]) => runCommand(conformanceCommand, 'conformance', ...args);

test('recorded runs are replayed, and the report is written as a page, as JSON and as JUnit', async () => {
  const junit = join(scratch, 'junit.xml');
  const out = join(scratch, 'out');
  const ran = await casa('--recorded', notes, '--policies', testdata, '--report', out, '--junit', junit, '--json');
  expect(ran.code).toBe(exitCodes.ok);
  expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(ran.stdout);
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('<h2>house-notes</h2>');
  expect(readFileSync(junit, 'utf8')).toContain('classname="conformance.recorded"');
});

test('a line that cannot be read is exit code 1 and is shown', async () => {
  writeFileSync(join(scratch, 'bad.jsonl'), 'nonsense\n');
  const { code, stdout } = await casa('--recorded', scratch);
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toContain('not read: `bad.jsonl` line 1: no JSON');
});

test('a folder without recordings, and both kinds at once, are wrong use', async () => {
  expect((await casa('--recorded', join(scratch, 'out'))).code).toBe(exitCodes.usage);
  expect((await casa('--recorded', notes, notes)).code).toBe(exitCodes.usage);
  expect((await casa()).code).toBe(exitCodes.usage);
});
