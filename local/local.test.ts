import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../sidecar/process/listening.ts';
import { runTool, toolPath } from '../sidecar/process/tool.ts';
import { cgroup2Folder } from './kernel/cgroups.ts';
import { whyNoKernelLayer } from './kernel/why_no_kernel_layer.ts';
import { runLocal } from './local.ts';
import type { LocalState } from './local_state.ts';
import { clearLocal, openLocal } from './open_local.ts';
import { whyNoNamespaces } from './plan/choose_mode.ts';
import type { Mode } from './plan/planned.ts';
import { casaFolder } from './start/places.ts';
import { hiddenPort, makeTinyProject, readResults, type TinyProject, template } from './testing/tiny_project.ts';

const unbuilt = [
  'dist/runtime/main.js',
  'dist/ext-authz/main.js',
  'dist/cli/main.js',
  '.tools/envoy-1.40.0/envoy',
].filter((path) => !existsSync(join(casaFolder, path)));
const obstacle = unbuilt.length > 0 ? `missing ${unbuilt.join(', ')}` : null;
const noNamespaces = obstacle ?? whyNoNamespaces();
const noKernel = whyNoKernelLayer('netns');
const never = new AbortController().signal;
const quiet = () => {};
const pong = '200 {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"pong"}]}}';
const call = `call call ${template('url:tools', '/mcp')}`;
const pep = template('out', '/../../pep');

/** Runs the project once, in a state directory of its own. */
async function runOnce(project: TinyProject, mode: Mode) {
  const state = join(project.folder, 'state');
  return runLocal({ path: project.path, mode, state, once: true, keep: false }, quiet, never);
}

/** What a run in the state directory has left on this machine. */
async function leftOf(id: string): Promise<readonly string[]> {
  const namespaces = toolPath('ip') === null ? '' : await runTool('ip', ['netns', 'list']);
  const names = existsSync('/etc/netns') ? readdirSync('/etc/netns') : [];
  const cgroups = readdirSync(cgroup2Folder() ?? '/sys/fs/cgroup');
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const all = [...namespaces.split('\n'), ...names, ...readdirSync('/run'), ...cgroups, ...mounts];
  return all.filter((name) => name.includes(`casa-${id}`));
}

describe.skipIf(noNamespaces !== null)(`casa local in network namespaces${why(noNamespaces)}`, () => {
  let project: TinyProject;
  let state: LocalState | null;
  let code: number;
  beforeAll(async () => {
    process.env.TINY_SECOND_PORT = String(hiddenPort);
    project = makeTinyProject({
      caller: [
        call,
        `check open ${pep}/caller/check.sock`,
        `admin open ${pep}/caller/admin.sock`,
        `key read ${pep}/caller/key.json`,
        `other_key read ${pep}/tools/key.json`,
        'proxy_in http 127.0.0.1:15001',
        `hidden http tools:${hiddenPort}`,
        'no_http bytes tools:8080',
        'outsider http outsider:8090',
        'nowhere http 192.0.2.7:80',
        `project write ${template('project', '/planted')}`,
        `other_out write ${template('out', '/../tools/planted')}`,
      ],
      outsider: [
        call,
        `hidden http tools:${hiddenPort}`,
        'proxy_in http tools:15001',
        'proxy_out http tools:15002',
        'caller http caller:8081',
      ],
    });
    ({ state, code } = await runOnce(project, 'netns'));
  }, 90_000);
  afterAll(() => rmSync(project.folder, { recursive: true, force: true }));

  test('the kernel layer is on wherever its programs can be built, and its reason is said where not', () => {
    expect(state?.kernel).toEqual({ on: noKernel === null, because: noKernel });
  });

  test('an unmodified client in a folder that only root can enter calls its tool', () => {
    expect({ code, call: readResults(project, 'caller').call }).toEqual({ code: 0, call: pong });
  });

  test('an app can open neither the socket of Check, nor that of the admin interface, nor a key', () => {
    expect(readResults(project, 'caller')).toMatchObject({
      check: 'EACCES',
      admin: 'EACCES',
      key: 'EACCES',
      other_key: 'EACCES',
    });
  });

  test('a connection that was not redirected is closed without an answer', () => {
    expect(readResults(project, 'caller').proxy_in).toMatch(/^(closed|ECONNRESET)$/);
  });

  test('an app reaches no other port of an app, no place that its policy does not name, and nothing but HTTP', () => {
    const { hidden, no_http, outsider, nowhere } = readResults(project, 'caller');
    // What the kernel does not refuse is redirected to Envoy, which does.
    const refused = state?.kernel.on ? 'EPERM' : 'HTTP/1.1 403 Forbidden';
    expect({ hidden, outsider, nowhere }).toEqual({ hidden: refused, outsider: refused, nowhere: refused });
    expect(no_http).toMatch(/^(closed|ECONNRESET|silence)$/);
  });

  test('an app can write neither the project nor the output of another app', () => {
    const { project: written, other_out } = readResults(project, 'caller');
    expect(written).toMatch(/^(EROFS|EACCES)$/);
    expect(other_out).toBe('EACCES');
  });

  test('a process outside the MAS gets past no Envoy', () => {
    const results = readResults(project, 'outsider');
    expect(results.call).toMatch(/^(403|200 .*"error")/);
    for (const way of ['hidden', 'proxy_in', 'proxy_out', 'caller']) {
      expect({ way, result: results[way] }).toEqual({
        way,
        result: expect.stringMatching(/^(closed|ECONNRESET|HTTP.* 403 .*)$/),
      });
    }
  });

  test('the access log has the decision of each call, and stays', () => {
    const log = state?.apps.find(({ name }) => name === 'tools')?.accessLog ?? '';
    const rows = readFileSync(log, 'utf8').trim().split('\n');
    expect(rows.map((row) => JSON.parse(row))).toContainEqual(
      expect.objectContaining({
        direction: 'inbound',
        app: 'tools',
        code: 200,
        decision_id: expect.stringMatching(/./),
      }),
    );
  });

  test('the state directory is closed to everybody else', () => {
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect([mode(join(project.folder, 'state')), mode(state?.adminTokenFile ?? '')]).toEqual([0o700, 0o600]);
  });
});

describe.skipIf(noNamespaces !== null)(`a running casa local${why(noNamespaces)}`, () => {
  test('without its Envoy an app can be reached by nobody and reaches nobody; then nothing is left', async () => {
    const project = makeTinyProject({ caller: [], outsider: [] });
    const said: string[] = [];
    const state = join(project.folder, 'state');
    const options = { path: project.path, mode: 'netns', state, restartDelayMs: 60_000 } as const;
    const opened = await openLocal(options, (line) => said.push(line));
    if (opened.run === null) throw new Error(JSON.stringify(opened.issues));
    const { run } = opened;
    try {
      await run.start(never);
      const namespaceOf = (name: string) => run.plan.apps.find((app) => app.name === name)?.namespace ?? '';
      await killEnvoy(namespaceOf('tools'));
      expect(await connects(namespaceOf('outsider'), 'tools', 8080)).toBe(false);
      expect(await connects(namespaceOf('tools'), 'outsider', 8090)).toBe(false);
      expect(await connects(namespaceOf('caller'), 'outsider', 8090)).toBe(true);
      expect(said.at(-1)).toBe('envoy of tools ended with code 128: started again in 60 s');
      expect(run.broken.aborted).toBe(false);
    } finally {
      await run.close(false);
    }
    expect(await leftOf(run.plan.id)).toEqual([]);
    rmSync(project.folder, { recursive: true, force: true });
  }, 90_000);
});

describe.skipIf(noNamespaces !== null)(`the Explorer of a casa local${why(noNamespaces)}`, () => {
  test('is opened by the link, which no app can read, and stays where it is when the runtime starts again', async () => {
    const project = makeTinyProject({ caller: [], outsider: [] });
    const state = join(project.folder, 'state');
    const options = { path: project.path, mode: 'netns', state, restartDelayMs: 0 } as const;
    const opened = await openLocal(options, quiet);
    if (opened.run === null) throw new Error(JSON.stringify(opened.issues));
    const { run } = opened;
    try {
      const { explorerUrl, processes } = await run.start(never);
      const link = new URL(run.signInUrl ?? '');
      expect(link.origin).toBe(explorerUrl);
      expect(readFileSync(run.places.stateFile, 'utf8')).not.toContain(link.searchParams.get('code'));
      process.kill(processes.find(({ role }) => role === 'runtime')?.pid ?? 0, 'SIGKILL');
      const status = () =>
        fetch(link).then(
          (answer) => answer.status,
          () => null,
        );
      const statuses: (number | null)[] = [];
      const answered = async () => statuses.push(await status()) > 0 && statuses.at(-1) !== null;
      await until(answered, AbortSignal.timeout(20_000));
      expect([statuses.at(-1), await status()]).toEqual([200, 401]);
    } finally {
      await run.close(false);
    }
    rmSync(project.folder, { recursive: true, force: true });
  }, 90_000);
});

describe.skipIf(noNamespaces !== null)(`a killed casa local${why(noNamespaces)}`, () => {
  test('takes its processes with it, and the next one clears up what is left', async () => {
    const project = makeTinyProject({ caller: ['nap sleep 90000'], outsider: [] });
    const state = join(project.folder, 'state');
    const argv = ['local', project.path, '--mode', 'netns', '--state', state];
    const killed = spawn(process.execPath, [join(casaFolder, 'dist/cli/main.js'), ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    killed.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    await until(() => said.includes('step caller') || killed.exitCode !== null, AbortSignal.timeout(80_000));
    expect(said).toContain('step caller');
    const id = /casa-([0-9a-f]{6})/.exec(readFileSync(join(state, 'run.json'), 'utf8'))?.[1] ?? '';
    expect(await leftOf(id)).not.toEqual([]);
    killed.kill('SIGKILL');
    await once(killed, 'close');
    const namespaces = (await runTool('ip', ['netns', 'list'])).split('\n').filter((line) => line.includes(id));
    const alive = async () => {
      const pids = namespaces.map((line) => runTool('ip', ['netns', 'pids', line.split(' ')[0] ?? '']));
      return (await Promise.all(pids)).join('').trim();
    };
    await until(async () => (await alive()) === '', AbortSignal.timeout(10_000));
    expect(await clearLocal(state)).toBe(1);
    expect(await leftOf(id)).toEqual([]);
    expect(await clearLocal(state)).toBe(0);
    rmSync(project.folder, { recursive: true, force: true });
  }, 120_000);
});

describe.skipIf(obstacle !== null)(`casa local on loopback ports${why(obstacle)}`, () => {
  test('the apps reach each other by the ports of their Envoys, and others are refused', async () => {
    process.env.TINY_SECOND_PORT = '';
    const project = makeTinyProject({
      caller: [call, `outsider call ${template('url:outsider', '/mcp')}`],
      outsider: [call],
    });
    const { code, state } = await runOnce(project, 'ports');
    expect({ code, mode: state?.mode }).toEqual({ code: 0, mode: 'ports' });
    expect(readResults(project, 'caller').call).toBe(pong);
    expect(readResults(project, 'caller').outsider).toMatch(/^(403|200 .*"error")/);
    expect(readResults(project, 'outsider').call).toMatch(/^(403|200 .*"error")/);
    rmSync(project.folder, { recursive: true, force: true });
  }, 90_000);
});

function why(reason: string | null): string {
  return reason === null ? '' : ` (skipped: ${reason})`;
}

async function killEnvoy(namespace: string): Promise<void> {
  const pids = (await runTool('ip', ['netns', 'pids', namespace])).trim().split('\n').map(Number);
  const envoys = pids.filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('envoy'));
  expect(envoys).toHaveLength(1);
  for (const pid of envoys) process.kill(pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 300));
}

/** Whether a TCP connection is accepted, for an unprivileged user in the namespace. */
async function connects(namespace: string, host: string, port: number): Promise<boolean> {
  const script = `
    const socket = require('node:net').connect({ host: '${host}', port: ${port} });
    socket.on('connect', () => { console.log(true); socket.destroy(); });
    socket.on('error', () => console.log(false));`;
  const user = ['setpriv', '--reuid', '20099', '--regid', '20099', '--clear-groups'];
  const argv = ['netns', 'exec', namespace, ...user, process.execPath, '-e', script];
  return (await runTool('ip', argv)).trim() === 'true';
}
