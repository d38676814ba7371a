import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'casa-policy-wasm-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function node(...argv: readonly string[]) {
  return spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
}

describe('policy.wasm', () => {
  it('is what OPA makes of the committed Rego, byte by byte', () => {
    const out = join(scratch, 'policy.wasm');
    const { status, stderr } = node('scripts/policies.mjs', out);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const made = readFileSync(out);
    const committed = readFileSync(join(root, 'policies/policy.wasm'));
    expect(made.equals(committed), 'run `make policies` and commit policies/policy.wasm').toBe(true);
  });

  it.each([
    ['http.send', 'http.send({"url": "http://127.0.0.1", "method": "GET"}).status_code == 200'],
    ['time.now_ns', 'time.now_ns() > 0'],
    ['opa.runtime', 'opa.runtime().env.PATH == ""'],
    ['sprintf', 'sprintf("%v", [input]) == ""'],
  ])('cannot use %s: the capabilities do not have it', (builtin, body) => {
    const file = join(scratch, 'planted.rego');
    writeFileSync(file, `package casa\n\ndecision if ${body}\n`);
    const out = join(scratch, 'planted.wasm');
    const { status, stderr } = node(
      'scripts/opac.mjs',
      'wasm',
      '--capabilities',
      'policies/capabilities.json',
      out,
      'casa/decision',
      file,
    );
    expect(status).toBe(1);
    expect(stderr).toContain(`undefined function ${builtin}`);
  });
});

describe('the Rego', () => {
  it('is in the canonical format', () => {
    expect(node('scripts/opac.mjs', 'fmt', '--check', 'policies/rego')).toMatchObject({ status: 0, stdout: '' });
  });

  it('passes the strict check with our capabilities', () => {
    const { status, stderr } = node(
      'scripts/opac.mjs',
      'check',
      '--strict',
      '--capabilities',
      'policies/capabilities.json',
      'policies/rego',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('is covered by its tests', () => {
    const { status, stdout } = node('scripts/opac.mjs', 'test', '--json', '--threshold', '100', 'policies/rego');
    const report: { passed: number; failed: number; tests: readonly { name: string; pass: boolean }[] } =
      JSON.parse(stdout);
    expect(report.tests.filter((one) => !one.pass)).toEqual([]);
    expect({ status, failed: report.failed }).toEqual({ status: 0, failed: 0 });
    expect(report.passed).toBeGreaterThan(100);
  });

  it('fails when a test of it fails', () => {
    writeFileSync(join(scratch, 'wrong_test.rego'), 'package wrong_test\n\ntest_that_fails if 1 == 2\n');
    const { status, stdout } = node('scripts/opac.mjs', 'test', '--json', scratch);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 0, failed: 1 });
  });
});
