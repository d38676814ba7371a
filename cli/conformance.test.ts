import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { findEnvoy } from '../conformance/drivers/envoy/find_envoy.ts';
import { conformanceCommand } from './conformance.ts';
import { exitCodes } from './exit_codes.ts';
import { run } from './run.ts';

const behaviours = fileURLToPath(new URL('../conformance/behaviours/', import.meta.url));
const denied = join(behaviours, 'selection/unselected_call_is_denied.yaml');
const scratch = mkdtempSync(join(tmpdir(), 'casa-cli-conformance-'));

// Each run starts a database of its own, which a busy machine takes its time for.
vi.setConfig({ testTimeout: 120_000 });

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function casa(...args: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const terminal = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
  };
  const code = await run(['conformance', ...args], terminal, '1.2.3', [conformanceCommand]);
  return { code, stdout, stderr };
}

/** The behaviour with another expectation, in a file of its own. */
function planted(from: string, to: string): string {
  const file = join(scratch, `planted_${to.replaceAll(/\W/g, '_')}.yaml`);
  const text = readFileSync(denied, 'utf8').replace(from, to);
  writeFileSync(file, text.replaceAll('../../systems/', `${join(behaviours, '../systems')}/`));
  return file;
}

test('a behaviour that holds with both drivers is exit code 0, and JUnit has a case for each', async () => {
  const junit = join(scratch, 'junit.xml');
  const { code, stdout } = await casa(denied, '--driver', 'both', '--junit', junit);
  expect(stdout).toMatch(/conformance: 2 passed, 0 failed, 0 skipped\n$/);
  expect(code).toBe(exitCodes.ok);
  expect(readFileSync(junit, 'utf8').match(/<testcase name="unselected_call_is_denied"/g)).toHaveLength(2);
});

const noEnvoy = findEnvoy() === null;

test.skipIf(noEnvoy)(
  `\`--driver envoy\` goes through real Envoys${noEnvoy ? ' (skipped: there is none)' : ''}`,
  async () => {
    const { code, stdout } = await casa(denied, '--driver', 'envoy');
    expect(stdout).toMatch(/^ok {3}envoy .*\nconformance: 1 passed, 0 failed, 0 skipped\n$/);
    expect(code).toBe(exitCodes.ok);
  },
);

test('a behaviour that does not hold is exit code 1, with both sides and the check that spoke', async () => {
  const { code, stdout } = await casa(planted('reason: tool_not_selected_by_llm', 'reason: selection_consumed'));
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toContain('expected  reason selection_consumed\n');
  expect(stdout).toContain('got       reason tool_not_selected_by_llm\n');
  expect(stdout).toMatch(/BLOCK DETERMINISTIC_LLM_SELECTED_TOOLS tool_not_selected_by_llm/);
});

test('--json gives the results as data', async () => {
  const { stdout } = await casa(denied, '--json');
  expect(JSON.parse(stdout).results).toMatchObject([{ id: 'unselected_call_is_denied', result: 'passed' }]);
});

test('a mistake in a file is an issue with its place, and nothing is run', async () => {
  const file = planted('expect:', 'expects:');
  const { code, stdout } = await casa(file);
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toContain('unknown field `expects` (did you mean `expect`?)');
});

test('a required behaviour without a file is exit code 1', async () => {
  const required = join(scratch, 'required.yaml');
  writeFileSync(required, '- unselected_call_is_denied\n- nobody_wrote_this\n');
  const { code, stderr } = await casa(denied, '--required', required);
  expect(code).toBe(exitCodes.issues);
  expect(stderr).toBe('casa: required behaviour `nobody_wrote_this` has no file\n');
});

test('a path that is not there, and a driver that is none, are wrong use', async () => {
  expect((await casa(join(scratch, 'nowhere'))).code).toBe(exitCodes.usage);
  expect((await casa(denied, '--driver', 'http')).code).toBe(exitCodes.usage);
});
