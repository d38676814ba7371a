// Runs every suite, counts every test, and ends with one line: `N passed, N failed, N skipped`.
// A suite that crashes, or that says nothing of its counts, is one failure. Plain JavaScript: it runs the built code too.
// Usage: node scripts/test.mjs [--cluster] [SUITE ...]   (no names: all; cluster-demo only with the flag or by name)
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newerNode } from './install_node.mjs';

const root = dirname(import.meta.dirname);
const scratch = mkdtempSync(join(tmpdir(), 'casa-test-'));
const node = process.execPath;
const bin = (name) => join(root, 'node_modules/.bin', name);

/** A command whose exit code is its only result: one test. */
const command =
  (...argv) =>
  async () => {
    const { status } = await run(argv);
    return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  };

/** @type {readonly { name: string, run: () => Promise<{passed: number, failed: number, skipped: number}>, onlyWhenAsked?: boolean }[]} */
const suites = [
  { name: 'style', run: command(bin('biome'), 'check', '--error-on-warnings', '.') },
  { name: 'types', run: types },
  { name: 'dead-code', run: command(bin('knip')) },
  { name: 'rego', run: rego },
  { name: 'rego-mutation', run: regoMutation },
  { name: 'typescript', run: () => vitest(node, []) },
  { name: 'node-24', run: () => underNewerNode() },
  { name: 'demo', run: command('make', '--no-print-directory', 'demo', 'ONCE=1') },
  { name: 'demo-keycloak', run: command('make', '--no-print-directory', 'demo', 'IDP=keycloak', 'ONCE=1') },
  { name: 'demo-postgres', run: command('make', '--no-print-directory', 'demo', 'ONCE=1', 'STORE=postgres') },
  { name: 'cluster-demo', run: clusterDemo, onlyWhenAsked: true },
];

const argv = process.argv.slice(2);
process.exitCode = await main(
  argv.filter((word) => word !== '--cluster'),
  argv.includes('--cluster'),
);

async function main(names, withCluster) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(
      `no suite named \`${unknown.join('`, `')}\`; there are: ${suites.map((suite) => suite.name).join(', ')}`,
    );
    return 2;
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  for (const suite of suites) {
    const isAsked = names.length > 0 ? names.includes(suite.name) : withCluster || !suite.onlyWhenAsked;
    if (!isAsked) continue;
    console.log(`\n== ${suite.name}`);
    const startedMs = performance.now();
    const counts = await suite.run().catch((error) => {
      console.error(error);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    for (const key of Object.keys(total)) total[key] += counts[key];
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    lines.push(
      `${suite.name.padEnd(14)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`,
    );
    console.log(`== ${lines.at(-1)}`);
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** What runs in one process, again under the Node that images use; real parts and networks are not started twice. */
async function underNewerNode() {
  const newer = newerNode();
  if (newer === null) return { passed: 0, failed: 0, skipped: 1 };
  return vitest(newer, [
    'crds',
    'policies',
    'compiler',
    'runtime/exchange',
    'runtime/tokens',
    'runtime/http',
    'ext-authz/protocols',
    'cli/run',
    'demo',
  ]);
}

async function vitest(program, argv) {
  const report = join(scratch, `vitest-${Date.now()}.json`);
  mkdirSync(scratch, { recursive: true });
  const { status } = await run([
    program,
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...argv,
  ]);
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
  return {
    passed: numPassedTests,
    failed: status === 0 ? failed : Math.max(failed, 1),
    skipped: numPendingTests + numTodoTests,
  };
}

/** The house, and the Explorer, which knows the names of a browser. */
async function types() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const project of ['.', 'explorer', 'explorer/testing']) {
    const { status } = await run([node, join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project]);
    if (status === 0) total.passed += 1;
    else total.failed += 1;
  }
  return total;
}

/** Each step of the demonstration counts; a machine that cannot have a node skips it, and says why. */
async function clusterDemo() {
  const stepsFile = join(root, 'demo/out/cluster-steps.json');
  rmSync(stepsFile, { force: true });
  const { status } = await run(['make', '--no-print-directory', 'cluster-demo', 'ONCE=1']);
  // As `make` reports a recipe that failed, 77 comes as 2: the steps tell.
  if (!existsSync(stepsFile)) return { passed: 0, failed: 1, skipped: 0 };
  const steps = JSON.parse(readFileSync(stepsFile, 'utf8'));
  if (steps.length === 0) return { passed: 0, failed: 0, skipped: 1 };
  const passed = steps.filter((step) => step.passed).length;
  const failed = steps.length - passed;
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1), skipped: 0 };
}

/** The tests beside the rules; a line that none of them reaches is a failure. */
async function rego() {
  const argv = [node, join(root, 'scripts/opac.mjs'), 'test', '--json', '--threshold', '100', 'policies/rego'];
  const { status, stdout } = await run(argv, { capture: true });
  const { passed, failed, coverage, missing } = JSON.parse(stdout);
  console.log(`${passed} tests, ${coverage.toFixed(1)} % of lines covered`);
  for (const place of missing) console.error(`not covered: ${place}`);
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1), skipped: 0 };
}

/** Each literal of each rule, dropped in turn: a test that passed before must fail. Each that can be dropped is a test. */
async function regoMutation() {
  const argv = [node, join(root, 'scripts/opac.mjs'), 'mutate', '--json', 'policies/rego'];
  const { status, stdout } = await run(argv, { capture: true });
  const { literals, killed, uncompilable, survived } = JSON.parse(stdout);
  console.log(`${literals} literals dropped: ${killed} noticed by a test, ${uncompilable} needed to compile`);
  for (const { place, text } of survived) console.error(`no test misses: ${place} ${text}`);
  return { passed: killed, failed: status === 0 ? 0 : Math.max(survived.length, 1), skipped: 0 };
}

function run(argv, { capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout }));
  });
}
