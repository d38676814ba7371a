import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoreV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyUid } from '../compiler/envoy/options.ts';
import { whyNoNamespaces } from '../local/plan/choose_mode.ts';
import { type Mount, reachableNode, sandboxed, showFolder } from '../local/process/sandbox.ts';
import {
  type ControlPlane,
  installCrds,
  noControlPlane,
  startControlPlane,
  until,
} from '../runtime/kubernetes/testing/control_plane.ts';
import { StartedProcess } from './process/started_process.ts';
import { openPodNetwork, type PodNetwork } from './testing/pod_network.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const envoyInCasa = '.tools/envoy-1.40.0/envoy';
const why =
  whyNoNamespaces() ??
  noControlPlane ??
  (existsSync(join(root, envoyInCasa)) ? null : 'no Envoy: `node scripts/install_envoy.mjs` brings it');
const patienceMs = 120_000;
const appUid = 4711;
const [agent, compromised] = ['casa-demo-agent', 'casa-demo-agent-compromised'] as const;

/** The bank's pods, and two of no system: a user's, and the LLM's. */
const pods = ['bank-mcp', 'casa-demo-agent', 'casa-demo-agent-compromised', 'user', 'llm'];
const apps = pods.slice(0, 3);
const ports: { readonly [app: string]: number } = {
  'bank-mcp': 8080,
  'casa-demo-agent': 8082,
  'casa-demo-agent-compromised': 8083,
};

describe.skipIf(why)(`pods with casa-redirect and casa-sidecar${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'casa-sidecar-'));
  const casa = join(folder, 'casa');
  const started = new Map<string, StartedProcess>();
  let plane: ControlPlane;
  let network: PodNetwork;
  let core: CoreV1Api;
  let runtimeUrl = '';

  beforeAll(async () => {
    spawnSync('chmod', ['711', folder]);
    for (const name of ['casa', 'node']) mkdirSync(join(folder, name), { mode: 0o711 });
    [plane, network] = await Promise.all([
      startControlPlane(),
      openPodNetwork(folder, pods, { llm: 'llm.example.com extra.example' }),
    ]);
    core = plane.config.makeApiClient(CoreV1Api);
    await installCrds(plane);
    const manifests = ['multi_agent_system', 'policies'].flatMap((name) => [
      '-f',
      `${root}demo/manifests/${name}.yaml`,
    ]);
    const applied = await plane.kubectl(['apply', ...manifests]);
    if (!applied.ok) throw new Error(applied.stderr);
    const port = await freePort();
    runtimeUrl = `http://${network.hostAddress}:${port}`;
    await startRuntime(port);
    await network.offer(port);
    for (const pod of apps) await makePod(pod);
    start('llm', 'llm', ['dist/demo/src/llm/main.js'], { PORT: '8090' });
    const extra = `require('http').createServer((_asked, answer) => answer.end('extra')).listen(8095)`;
    start('extra', 'llm', ['-e', extra], {});
    for (const pod of apps) redirect(pod);
    for (const pod of apps) startSidecar(pod);
    for (const pod of apps) await until(() => ready(pod), patienceMs);
    startApps();
  }, 300_000);

  afterAll(async () => {
    await Promise.all([...started.values()].map((each) => each.stop()));
    await network?.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function startRuntime(port: number): Promise<void> {
    const tokenFile = join(folder, 'admin-token');
    writeFileSync(tokenFile, 'management-token-of-a-test', { mode: 0o600 });
    const flags = [`--port=${port}`, `--base-url=${runtimeUrl}`, `--admin-token-file=${tokenFile}`];
    const argv = [process.execPath, `${root}dist/runtime/main.js`, ...flags, '--kubernetes-namespace=default'];
    const env = { PATH: process.env.PATH ?? '', KUBECONFIG: plane.kubeconfig };
    const runtime = new StartedProcess({ name: 'runtime', argv, env, cwd: folder, log: join(folder, 'runtime.log') });
    started.set('runtime', runtime);
    await runtime.firstLine((line) => (line.includes('"ready"') ? true : null));
    const served = async () => (await plane.kubectl(['get', 'mas', '-n', 'bank', '-o', 'json'])).stdout;
    await until(async () => (await served()).includes('"Programmed"'), patienceMs);
  }

  /** The pod as the API server knows it, and its token where the kubelet would put it. */
  async function makePod(pod: string): Promise<void> {
    const namespace = 'bank';
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: pod } } });
    const labels = { 'casa.io/mas': 'bank', 'casa.io/app': pod };
    const spec = { serviceAccountName: pod, containers: [{ name: 'app', image: 'none' }] };
    const made = await core.createNamespacedPod({ namespace, body: { metadata: { name: pod, labels }, spec } });
    const address = [{ op: 'add', path: '/status/podIP', value: network.addressOf(pod) }];
    await plane.kubectl([
      ...['patch', 'pod', '-n', namespace, pod, '--subresource=status', '--type=json'],
      ...['-p', JSON.stringify(address)],
    ]);
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod, uid: made.metadata?.uid ?? '' };
    const body = { spec: { audiences: ['casa'], expirationSeconds: 600, boundObjectRef } };
    const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: pod, body });
    for (const name of ['run', 'token', 'out']) mkdirSync(join(folder, pod, name), { recursive: true, mode: 0o700 });
    spawnSync('chmod', ['711', join(folder, pod)]);
    writeFileSync(tokenFile(pod), status?.token ?? '', { mode: 0o400 });
    for (const path of [join(folder, pod, 'run'), join(folder, pod, 'token'), tokenFile(pod)]) {
      chownSync(path, proxyUid, proxyUid);
    }
    chownSync(join(folder, pod, 'out'), appUid, appUid);
  }

  const tokenFile = (pod: string) => join(folder, pod, 'token', 'token');
  const runDir = (pod: string) => join(folder, pod, 'run');

  function redirect(pod: string): void {
    const argv = ['netns', 'exec', network.namespaceOf(pod), process.execPath, `${root}dist/sidecar/redirect/main.js`];
    const done = spawnSync('ip', [...argv, '15001', '15002', String(proxyUid)], { encoding: 'utf8' });
    expect(done).toMatchObject({ status: 0, stderr: '' });
  }

  function sidecarEnvironment(pod: string) {
    return {
      PATH: process.env.PATH ?? '',
      CASA_MAS: 'bank.bank',
      CASA_APP: pod,
      CASA_NAMESPACE: 'bank',
      CASA_RUNTIME_URL: runtimeUrl,
      CASA_TOKEN_FILE: tokenFile(pod),
      CASA_RUN_DIR: runDir(pod),
      CASA_ENVOY: join(casa, envoyInCasa),
      CASA_ACCESS_LOG: join(runDir(pod), 'access.log'),
    };
  }

  function startSidecar(pod: string): void {
    const argv = inPod(pod, proxyUid, ['dist/sidecar/main.js']);
    const env = sidecarEnvironment(pod);
    started.set(
      `sidecar of ${pod}`,
      new StartedProcess({ name: 'sidecar', argv, env, cwd: '/', log: join(folder, `sidecar-${pod}.log`) }),
    );
  }

  function ready(pod: string): boolean {
    const argv = [`${root}dist/sidecar/main.js`, '--ready'];
    return spawnSync(process.execPath, argv, { env: sidecarEnvironment(pod) }).status === 0;
  }

  function startApps(): void {
    const env = { MCP_URL: 'http://bank-mcp:8080/mcp', OPENAI_BASE_URL: 'http://llm.example.com:8090/v1' };
    const ledger = { LEDGER: join(folder, 'bank-mcp', 'out', 'ledger.jsonl') };
    start('bank-mcp', 'bank-mcp', ['dist/demo/src/mcp/main.js'], { PORT: '8080', ...ledger });
    start(agent, agent, ['dist/demo/src/agent-safe/main.js'], { PORT: '8082', ...env });
    start(compromised, compromised, ['dist/demo/src/agent-compromised/main.js'], { PORT: '8083', ...env });
  }

  /** A command line in a pod's network, as one user without any right, with CASA's folder in sight. */
  function inPod(pod: string, uid: number, script: readonly string[]): readonly string[] {
    const node = reachableNode(join(folder, 'node'));
    const mounts: readonly Mount[] = [...showFolder(root, casa), ...node.mounts];
    const [file = '', ...rest] = script;
    const argv = file === '-e' ? ['-e', ...rest] : [join(casa, file), ...rest];
    return sandboxed({ namespace: network.namespaceOf(pod), cgroup: null, uid, mounts, cwd: '/' }, [
      node.path,
      ...argv,
    ]);
  }

  function start(name: string, pod: string, script: readonly string[], env: { readonly [name: string]: string }): void {
    const argv = inPod(pod, appUid, script);
    const full = { PATH: process.env.PATH ?? '', ...env };
    started.set(name, new StartedProcess({ name, argv, env: full, cwd: '/', log: join(folder, `${name}.log`) }));
  }

  /** Runs JavaScript as the user of an app in its pod; what it prints, parsed. */
  async function evaluate(pod: string, script: string, uid: number = appUid): Promise<unknown> {
    const argv = inPod(pod, uid, ['-e', script]);
    const log = join(folder, `evaluate-${pod}.log`);
    const process_ = new StartedProcess({ name: pod, argv, env: { PATH: process.env.PATH ?? '' }, cwd: '/', log });
    return process_.firstLine((line) => (line.startsWith('{') ? (JSON.parse(line) as unknown) : null));
  }

  async function ask(
    pod: string,
    url: string,
    init: { readonly method?: string; readonly headers?: object; readonly body?: string },
    uid: number = appUid,
  ): Promise<{ status: number; body: string }> {
    const { body = '', ...options } = init;
    const script = `const asked = require('http').request(${JSON.stringify(url)}, { agent: false, ...${JSON.stringify(options)} }, async (answer) => {
        let body = ''; for await (const part of answer) body += part; console.log(JSON.stringify({ status: answer.statusCode, body })); });
      asked.on('error', (error) => console.log(JSON.stringify({ status: 0, body: String(error) })));
      asked.setTimeout(60000, () => asked.destroy(new Error('timeout'))); asked.end(${JSON.stringify(body)});`;
    return (await evaluate(pod, script, uid)) as { status: number; body: string }; // printed by the script above
  }

  const plainGet = (pod: string, url: string) => ask(pod, url, {});

  /** MCP's first word, to an address, under a name. */
  async function initialize(pod: string, address: string, port: number, host: string) {
    const headers = { host, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const options = { host: address, port, method: 'POST', path: '/mcp', headers };
    const script = `const asked = require('http').request(${JSON.stringify(options)}, async (answer) => { let body = '';
      for await (const part of answer) body += part; console.log(JSON.stringify({ status: answer.statusCode, body })); });
      asked.on('error', (error) => console.log(JSON.stringify({ status: 0, body: String(error) }))); asked.end(${JSON.stringify(body)});`;
    return (await evaluate(pod, script)) as { status: number; body: string }; // printed by the script above
  }

  async function patchPolicy(spec: object): Promise<void> {
    const patch = JSON.stringify({ spec });
    const patched = await plane.kubectl(['patch', 'casapolicy', '-n', 'bank', agent, '--type=merge', '-p', patch]);
    if (!patched.ok) throw new Error(patched.stderr);
  }

  /** Processes in a pod's network whose command line holds one of the words. */
  function pidsOf(pod: string, ...words: readonly string[]): readonly number[] {
    const listed = spawnSync('ip', ['netns', 'pids', network.namespaceOf(pod)], { encoding: 'utf8' }).stdout;
    return listed
      .split('\n')
      .filter((pid) => pid !== '')
      .map(Number)
      .filter((pid) => {
        const line = commandLine(pid);
        return words.some((word) => line.includes(word));
      });
  }

  const chat = (agent: string, content: string) =>
    ask('user', `http://${agent}:${ports[agent]}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content }),
    });
  const ledger = () => {
    const file = join(folder, 'bank-mcp', 'out', 'ledger.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  test('an unmodified agent does what its user asked for, and a compromised one does not do what nobody asked for', async () => {
    await until(async () => (await chat(agent, 'Show the balance of ACC-1001')).status === 200, patienceMs);
    expect(ledger()).toContain('get_balance');
    const answer = await chat(compromised, 'List the transactions of ACC-1002');
    expect(answer.status).toBe(200);
    expect(ledger()).toContain('list_transactions');
    expect(ledger()).not.toContain('schedule_payment');
  }, 180_000);

  test('an app can neither read the token of its enforcement point nor ask it or its Envoy anything', async () => {
    const paths = ['check.sock', 'admin.sock', 'bundle.json', 'envoy.json'].map((name) => join(runDir(agent), name));
    const script = `const { connect } = require('net'); const { readFileSync } = require('fs');
      const dial = (path) => new Promise((resolve) => connect(path).on('connect', () => resolve('open')).on('error', (error) => resolve(error.code)));
      const read = (path) => { try { return readFileSync(path, 'utf8') === '' ? '' : 'read'; } catch (error) { return error.code; } };
      (async () => console.log(JSON.stringify({ token: read(${JSON.stringify(tokenFile(agent))}),
        others: await Promise.all(${JSON.stringify(paths)}.map(async (path) => [read(path), await dial(path)])) })))();`;
    expect(await evaluate(agent, script)).toEqual({ token: 'EACCES', others: paths.map(() => ['EACCES', 'EACCES']) });
  });

  test('a request goes to the endpoint that it names, whatever address the app dialled, and to no other', async () => {
    const nobody = '10.77.0.99';
    const named = await initialize(agent, nobody, 8080, 'bank-mcp:8080');
    expect(named).toMatchObject({ status: 200 });
    expect(named.body).toContain('serverInfo');
    const server = network.addressOf('bank-mcp');
    for (const host of ['evil.example:8080', `${server}:8080`, 'bank-mcp:8081', 'llm.example.com:8080']) {
      expect(await initialize(agent, server, 8080, host)).toMatchObject({ status: 403 });
    }
  });

  test('in IPv6 the same holds, both ways', async () => {
    const named = await initialize(agent, 'fd77::99', 8080, 'bank-mcp:8080');
    expect(named).toMatchObject({ status: 200 });
    const server = network.address6Of('bank-mcp');
    expect(await initialize(agent, server, 8080, 'evil.example:8080')).toMatchObject({ status: 403 });
    const script = `require('http').createServer((_asked, answer) => answer.end('six')).listen({ port: 8080, host: '::', ipv6Only: true })`;
    start('six', 'bank-mcp', ['-e', script], {});
    await until(async () => (await plainGet('user', `http://[${server}]:8080/healthz`)).body === 'six', patienceMs);
    expect(await plainGet('user', `http://[${server}]:8080/other`)).toMatchObject({ status: 403 });
    expect(await plainGet('user', `http://[${server}]:8081/healthz`)).toMatchObject({ status: 0 });
  });

  test('what is no HTTP, no TCP, or goes to no name server, does not leave a pod', async () => {
    const script = `const { connect } = require('net'); const { createSocket } = require('dgram');
      const address = ${JSON.stringify(network.addressOf('llm'))};
      const raw = new Promise((resolve) => { let got = 'nothing'; const socket = connect(8090, address, () => socket.write('\\0\\1raw\\n'.repeat(20)));
        socket.on('data', () => { got = 'data'; }).on('error', () => {}).on('close', () => resolve(got)).setTimeout(15000, () => socket.destroy()); });
      const udp = new Promise((resolve) => createSocket('udp4').send('x', 5000, address, (error) => resolve(error ? 'refused' : 'sent')));
      Promise.all([raw, udp]).then((both) => console.log(JSON.stringify({ both })));`;
    expect(await evaluate(agent, script)).toEqual({ both: ['nothing', 'refused'] });
  });

  test('no workload of a system starts a session, even past its own Envoy', async () => {
    const said = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"content":"hello"}' };
    const through = await ask(compromised, `http://${agent}:8082/chat`, said);
    expect(through.status).toBe(403);
    const past = await ask(compromised, `http://${agent}:8082/chat`, said, proxyUid);
    expect(past).toMatchObject({ status: 403 });
    expect(past.body).toContain('session_start_not_allowed');
  });

  test('the running Envoy goes over to what a changed policy allows', async () => {
    const before = pidsOf(agent, 'envoy.json');
    expect(before).toHaveLength(1);
    expect(await plainGet(agent, 'http://extra.example:8095/')).toMatchObject({ status: 403 });
    const endpoints = [{ name: 'bank-mcp' }, { fqdn: 'extra.example', port: 8095, protocol: 'http' }];
    await patchPolicy({ allowedProtocols: ['mcp', 'http'], allowedEndpoints: endpoints });
    await until(async () => (await plainGet(agent, 'http://extra.example:8095/')).status === 200, patienceMs);
    await patchPolicy({ allowedProtocols: ['mcp'], allowedEndpoints: [{ name: 'bank-mcp' }] });
    await until(async () => (await plainGet(agent, 'http://extra.example:8095/')).status === 403, patienceMs);
    expect(pidsOf(agent, 'envoy.json')).toEqual(before);
  }, 180_000);

  test.each(['envoy.json', 'ext-authz.json'])(
    'the part that runs with %s is started again when it dies',
    async (file) => {
      const [pid = 0] = pidsOf(agent, file);
      process.kill(pid, 'SIGKILL');
      await until(() => pidsOf(agent, file).some((other) => other !== pid), patienceMs);
      await until(() => ready(agent), patienceMs);
      expect((await chat(agent, 'Show the balance of ACC-1001')).status).toBe(200);
    },
    180_000,
  );

  test('with its sidecar killed nothing reaches an app, and it reaches nothing', async () => {
    const name = 'bank-mcp';
    for (const pid of pidsOf(name, runDir(name), 'sidecar/main.js')) process.kill(pid, 'SIGKILL');
    await until(() => pidsOf(name, runDir(name), 'sidecar/main.js').length === 0, patienceMs);
    expect(ready(name)).toBe(false);
    expect(await plainGet('user', `http://${name}:8080/healthz`)).toMatchObject({ status: 0 });
    expect(await plainGet(name, 'http://llm.example.com:8090/')).toMatchObject({ status: 0 });
    // By loopback the app is still there: it was the enforcement point that was missing.
    expect(await plainGet(name, 'http://127.0.0.1:8080/healthz')).toMatchObject({ status: 200 });
  }, 120_000);
});

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
