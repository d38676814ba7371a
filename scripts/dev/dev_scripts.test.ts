import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
const setUp = join(root, 'scripts/dev/local-setup-standalone.sh');
const steps = join(root, 'scripts/dev/cluster_steps.sh');
const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'casa-dev-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with programs that write down how they were called, and answer as told. */
function makePath(programs: { readonly [name: string]: string }): {
  readonly path: string;
  readonly called: () => string;
} {
  const path = mkdtempSync(join(folder, 'bin-'));
  const log = join(path, 'called.log');
  writeFileSync(log, '');
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(path, name), `#!/bin/bash\necho "${name} $*" >> '${log}'\n${body}\n`);
    chmodSync(join(path, name), 0o755);
  }
  // What the scripts want of any machine.
  for (const name of ['bash', 'dirname', 'sort', 'head', 'grep', 'mkdir', 'rm', 'env', 'sleep', 'cat']) {
    const found = execFileSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    writeFileSync(join(path, name), `#!/bin/sh\nexec ${found} "$@"\n`);
    chmodSync(join(path, name), 0o755);
  }
  return { path, called: () => readFileSync(log, 'utf8') };
}

function run(script: string, argv: readonly string[], env: { readonly [name: string]: string }) {
  const { status, stdout, stderr } = spawnSync('/bin/bash', [script, ...argv], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const whole = {
  minikube: '',
  kubectl: '',
  helm: '',
  docker: '',
  npm: '',
  node: '[ "$1" = --version ] && echo v20.19.0; exit 0',
};

describe('the set-up for a cluster of one’s own', () => {
  test.skipIf(!shellcheck)(`is clean for shellcheck${shellcheck ? '' : ' (skipped: no shellcheck)'}`, () => {
    const scripts = [...readdirSync(import.meta.dirname).filter((name) => name.endsWith('.sh'))];
    const paths = [...scripts.map((name) => join(import.meta.dirname, name)), join(root, '.ci/run')];
    expect(spawnSync('shellcheck', paths, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  });

  test('says all that is missing or wrong at once, and does nothing', () => {
    const { path, called } = makePath({ node: '[ "$1" = --version ] && echo v18.1.0; exit 0', docker: 'exit 1' });
    const env = { PATH: path, CASA_CLUSTER: 'Not A Name', CASA_EXPLORER_PORT: '80' };
    const { status, stderr } = run(setUp, ['--kind', '--colour'], env);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'cannot start:',
      '  - unknown argument `--colour` (known: --kind, --no-open, up, check, reset)',
      '  - CASA_CLUSTER must be a name of lower-case letters, digits and dashes, not `Not A Name`',
      '  - CASA_EXPLORER_PORT must be a port from 1024 to 65535, not `80`',
      '  - `kind` is not on the path',
      '  - `kubectl` is not on the path',
      '  - `helm` is not on the path',
      '  - `npm` is not on the path',
      '  - Node 20.19 or later is needed, this is v18.1.0',
      '  - `docker info` fails: is the engine running, and may you use it?',
    ]);
    expect(called()).not.toMatch(/kind|docker build/);
  });

  test('`check` with everything there starts nothing', () => {
    const { path, called } = makePath(whole);
    expect(run(setUp, ['check'], { PATH: path })).toMatchObject({ status: 0, stdout: 'nothing is missing\n' });
    expect(called()).not.toMatch(/minikube|docker build|helm/);
  });

  test('starts the cluster, builds and loads each image, and runs the steps of the cluster demo in their order', () => {
    const kubectl = 'case "$*" in *exec*codes*) echo "/signin?code=x";; esac; exit 0';
    const { path, called } = makePath({ ...whole, kubectl });
    const home = mkdtempSync(join(folder, 'checkout-'));
    for (const name of ['scripts/dev', 'node_modules']) mkdirSync(join(home, name), { recursive: true });
    for (const script of [setUp, steps]) {
      const copy = join(home, 'scripts/dev', script.slice(script.lastIndexOf('/') + 1));
      writeFileSync(copy, readFileSync(script), { mode: 0o755 });
    }
    const copied = join(home, 'scripts/dev/local-setup-standalone.sh');
    const { status, stdout, stderr } = run(copied, ['--no-open'], { PATH: path, CASA_CLUSTER: 'mine' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('http://127.0.0.1:8081/signin?code=x');
    const lines = called().split('\n');
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    const order = [
      'minikube start --profile mine',
      'docker build --file charts/images/Dockerfile --target runtime',
      'minikube --profile mine image load casa-demo:0.1.0',
      'helm upgrade --install casa charts/casa-runtime',
      'kubectl apply -f demo/manifests/multi_agent_system.yaml',
      'kubectl label --overwrite namespace bank casa.io/injection=enabled',
      'helm upgrade --install bank charts/casa-demo',
      'kubectl -n bank exec deployment/bank-client',
      'kubectl -n casa-runtime port-forward service/casa-ui-explorer 8081:80',
    ].map(at);
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  });

  test('`reset` removes the cluster of that name and no other', () => {
    const { path, called } = makePath(whole);
    expect(run(setUp, ['reset'], { PATH: path, CASA_CLUSTER: 'mine' }).status).toBe(0);
    expect(called()).toContain('minikube delete --profile mine\n');
  });
});

describe('the steps', () => {
  test('an unknown step is refused before any is run', () => {
    const { path, called } = makePath(whole);
    expect(run(steps, ['talk', 'dance'], { PATH: path })).toMatchObject({ status: 2 });
    expect(called()).toBe('');
  });
});
