// Builds dist/: TypeScript by tsc, then the files that the code reads beside itself (YAML, Rego, SQL, ...).
// Plain JavaScript because it runs before anything is built.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildExplorer } from './build_explorer.mjs';

const root = dirname(import.meta.dirname);
const folders = [
  'crds',
  'policies',
  'compiler',
  'runtime',
  'ext-authz',
  'sidecar',
  'bpf',
  'local',
  'cluster',
  'demo',
  'conformance',
  'e2e',
  'cli',
];
const assetEndings = /\.(yaml|json|rego|wasm|proto|sql)$/;

if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  { cwd: root, stdio: 'inherit' },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const explorer = buildExplorer();
if (explorer !== 0) process.exit(explorer);

for (const folder of folders) copyAssets(folder);

function copyAssets(folder) {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'out', 'testdata'].includes(entry.name)) copyAssets(path);
    } else if (assetEndings.test(entry.name)) {
      mkdirSync(join(root, 'dist', folder), { recursive: true });
      cpSync(join(root, path), join(root, 'dist', path));
    }
  }
}

// `npx casa` finds the command here without asking a registry.
const bin = join(root, 'node_modules/.bin/casa');
const door = join(root, 'dist/cli/main.js');
if (existsSync(door)) {
  chmodSync(door, 0o755);
  rmSync(bin, { force: true });
  symlinkSync('../../dist/cli/main.js', bin);
}
