import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { unpackBundle } from '../compiler/bundle_tar.ts';
import { compileCommand } from './compile.ts';
import { exitCodes } from './exit_codes.ts';
import { lintCommand } from './lint.ts';
import { readVersion } from './read_version.ts';
import { run } from './run.ts';

const testdata = fileURLToPath(new URL('../compiler/testdata/', import.meta.url));
const published = join(testdata, 'published/input.yaml');
const mistakes = join(testdata, 'five_mistakes/input.yaml');
const scratch = mkdtempSync(join(tmpdir(), 'casa-cli-'));

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
  const code = await run(args, terminal, '1.2.3', [lintCommand, compileCommand]);
  return { code, stdout, stderr };
}

describe('casa lint', () => {
  test('five mistakes are five lines, each with place, path and hint', async () => {
    const { code, stdout, stderr } = await casa('lint', mistakes);
    expect(code).toBe(exitCodes.issues);
    const at = (place: string) => `${mistakes}:${place}: error: `;
    expect(stdout.split('\n')).toEqual([
      `${at('6:3')}multiagentsystem/bank/bank: spec.llmHost: unknown field \`llmHost\` (did you mean \`llm_host\`?)`,
      `${at('9:7')}multiagentsystem/bank/bank: spec.apps[0].type: \`agnt\` is not one of agent, client, mcp_server (did you mean \`agent\`?)`,
      `${at('22:34')}casapolicy/bank/teller: spec.targetRef.name: no app in namespace \`bank\` has the workload \`teler\` (did you mean \`teller\`?)`,
      `${at('24:7')}casapolicy/bank/teller: spec.allowedEndpoints[0].name: no app named \`ledgr\` in \`bank.bank\` (did you mean \`ledger\`?)`,
      `${at('33:25')}casapolicy/bank/teller-tools: spec.tools[1].name: this rule can never match: no tool of \`ledger\` is named \`transfr\` (did you mean \`transfer\`?)`,
      '',
    ]);
    expect(stderr).toBe('5 errors, 0 warnings\n');
  });

  test('warnings are shown and are no failure', async () => {
    const { code, stdout, stderr } = await casa('lint', published);
    expect(code).toBe(exitCodes.ok);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toBe('0 errors, 2 warnings\n');
  });

  test('--json gives every issue as data', async () => {
    const { code, stdout } = await casa('lint', '--json', mistakes);
    expect(code).toBe(exitCodes.issues);
    expect(JSON.parse(stdout).issues[0]).toEqual({
      code: 'unknown_field',
      severity: 'error',
      resource: 'multiagentsystem/bank/bank',
      path: 'spec.llmHost',
      message: 'unknown field `llmHost` (did you mean `llm_host`?)',
      source: mistakes,
      line: 6,
      column: 3,
    });
  });

  test('a folder is all its manifests, and resources of different files belong together', async () => {
    const folder = mkdtempSync(join(scratch, 'folder-'));
    const [system = '', policy = ''] = readFileSync(join(testdata, 'bank/input.yaml'), 'utf8').split('---\n');
    writeFileSync(join(folder, 'a-policy.yaml'), policy);
    writeFileSync(join(folder, 'b-system.yml'), system);
    writeFileSync(join(folder, 'notes.txt'), ':');
    expect(await casa('lint', folder)).toMatchObject({ code: exitCodes.ok });
    expect((await casa('lint', join(folder, 'a-policy.yaml'))).stdout).toContain('no MultiAgentSystem in namespace');
  });
});

describe('casa compile', () => {
  test('every MAS becomes a folder and an archive of the same revision', async () => {
    const output = join(scratch, 'out');
    const { code, stdout } = await casa('compile', '--json', published, '-o', output);
    expect(code).toBe(exitCodes.ok);
    const [written] = JSON.parse(stdout).bundles;
    expect(written).toMatchObject({ mas: 'my-mas.my-mas', folder: join(output, 'my-mas.my-mas') });
    const manifest = JSON.parse(readFileSync(join(written.folder, '.manifest'), 'utf8'));
    const unpacked = await unpackBundle(readFileSync(written.archive));
    expect([manifest.revision, unpacked.revision]).toEqual([written.revision, written.revision]);
    expect(existsSync(join(written.folder, 'rego/decision.rego'))).toBe(true);
  });

  test('a MAS with errors is not written, and the exit code says so', async () => {
    const output = join(scratch, 'none');
    const { code, stdout } = await casa('compile', mistakes, '-o', output);
    expect(code).toBe(exitCodes.issues);
    expect(stdout.trimEnd().split('\n')).toHaveLength(5);
    expect(existsSync(output)).toBe(false);
  });

  test('files of an older bundle do not stay', async () => {
    const output = join(scratch, 'again');
    await casa('compile', published, '-o', output);
    writeFileSync(join(output, 'my-mas.my-mas/old.rego'), 'package old');
    await casa('compile', published, '-o', output);
    expect(readdirSync(join(output, 'my-mas.my-mas'))).not.toContain('old.rego');
  });

  test('a folder that cannot be written to is an error with its cause', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await casa('compile', published, '-o', file);
    expect(code).toBe(exitCodes.error);
    expect(stderr).toContain(`casa: configuration_invalid: cannot write to \`${file}\``);
  });
});

describe('wrong use', () => {
  test('an unknown command suggests the nearest', async () => {
    const { code, stderr } = await casa('lnt');
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain('Did you mean lint?');
  });

  test('a missing file is said, with a way out', async () => {
    const { code, stderr } = await casa('lint', join(scratch, 'nowhere.yaml'));
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toBe(`casa: no file or folder \`${join(scratch, 'nowhere.yaml')}\` (check the path)\n`);
  });

  test('a missing argument or option is wrong use', async () => {
    expect((await casa('lint')).code).toBe(exitCodes.usage);
    expect((await casa('compile', published)).code).toBe(exitCodes.usage);
    expect((await casa('lint', published, '--jsn')).stderr).toContain('Did you mean --json?');
    expect((await casa()).code).toBe(exitCodes.usage);
  });

  test('help and version are no failure', async () => {
    expect((await casa('--help')).stdout).toContain('say every mistake in manifests');
    expect(await casa('--version')).toEqual({ code: exitCodes.ok, stdout: '1.2.3\n', stderr: '' });
    expect(readVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** `make test` builds first; elsewhere what was built may be of another state of the sources. */
function isFresh(): boolean {
  if (!existsSync(built)) return false;
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const changed = readdirSync(folder).map((file) => statSync(join(folder, file)).mtimeMs);
  return statSync(built).mtimeMs > Math.max(...changed);
}

test.skipIf(!isFresh())(
  'the built command gives the same lines and exit code (skipped: `make build` is due)',
  async () => {
    const spawned = spawnSync(process.execPath, [built, 'lint', mistakes], { encoding: 'utf8' });
    expect(spawned.stdout).toBe((await casa('lint', mistakes)).stdout);
    expect(spawned.status).toBe(exitCodes.issues);
  },
);
