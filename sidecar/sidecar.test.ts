import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyUid } from '../compiler/envoy/options.ts';
import { whyNoNamespaces } from '../local/plan/choose_mode.ts';
import { noControlPlane, until } from '../runtime/kubernetes/testing/control_plane.ts';
import { agent, BankPods, compromised, llm, patienceMs, server, user } from './testing/bank_pods.ts';
import { type Answer, askFromPod, casaFolder, envoyInCasa, evaluateInPod, pidsIn } from './testing/pod_process.ts';

const why =
  whyNoNamespaces() ??
  noControlPlane ??
  (existsSync(join(casaFolder, envoyInCasa)) ? null : 'no Envoy: `node scripts/install_envoy.mjs` brings it');

const ports: { readonly [pod: string]: number } = { [server]: 8080, [agent]: 8082, [compromised]: 8083 };
const json = { 'content-type': 'application/json' };

describe.skipIf(why)(`pods with casa-redirect and casa-sidecar${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let bank: BankPods;
  beforeAll(async () => {
    bank = await BankPods.open();
  }, 300_000);
  afterAll(() => bank?.close(), 60_000);

  const chat = (to: string, content: string, from: string = user, uid = bank.spot(from).uid): Promise<Answer> =>
    askFromPod(
      { ...bank.spot(from), uid },
      {
        host: to,
        port: ports[to] ?? 0,
        path: '/chat',
        method: 'POST',
        headers: json,
        body: JSON.stringify({ content }),
      },
    );
  const get = (from: string, host: string, port: number, path = '/'): Promise<Answer> =>
    askFromPod(bank.spot(from), { host, port, path });
  const pidsOf = (pod: string, ...words: readonly string[]) => pidsIn(bank.network.namespaceOf(pod), words);

  /** MCP's first word, to an address, under a name. */
  const initialize = (address: string, named: string): Promise<Answer> => {
    const headers = { ...json, host: named, accept: 'application/json, text/event-stream' };
    const clientInfo = { name: 'test', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    return askFromPod(bank.spot(agent), { host: address, port: 8080, path: '/mcp', method: 'POST', headers, body });
  };

  test('an unmodified agent does what its user asked for, and a compromised one does not do what nobody asked for', async () => {
    await until(async () => (await chat(agent, 'Show the balance of ACC-1001')).status === 200, patienceMs);
    expect(bank.ledger()).toContain('get_balance');
    expect((await chat(compromised, 'List the transactions of ACC-1002')).status).toBe(200);
    expect(bank.ledger()).toContain('list_transactions');
    expect(bank.ledger()).not.toContain('schedule_payment');
  }, 180_000);

  test('an app can neither read the token of its enforcement point nor ask it or its Envoy anything', async () => {
    const names = ['check.sock', 'admin.sock', 'bundle.json', 'envoy.json'];
    const paths = [bank.tokenFile(agent), ...names.map((name) => join(bank.runDir(agent), name))];
    const script = `const { connect } = require('net'); const { readFileSync } = require('fs');
      const dial = (path) => new Promise((resolve) => connect(path).on('connect', () => resolve('open')).on('error', (error) => resolve(error.code)));
      const read = (path) => { try { readFileSync(path); return 'read'; } catch (error) { return error.code; } };
      (async () => console.log(JSON.stringify({ all: await Promise.all(${JSON.stringify(paths)}.map(async (path) => [read(path), await dial(path)])) })))();`;
    expect(await evaluateInPod(bank.spot(agent), script)).toEqual({ all: paths.map(() => ['EACCES', 'EACCES']) });
  });

  test('a request goes to the endpoint that it names, whatever address the app dialled, and to no other', async () => {
    const named = await initialize('10.77.0.99', `${server}:8080`);
    expect(named).toMatchObject({ status: 200 });
    expect(named.body).toContain('serverInfo');
    const address = bank.network.addressOf(server);
    for (const other of ['evil.example:8080', `${address}:8080`, `${server}:8081`, 'llm.example.com:8080']) {
      expect(await initialize(address, other)).toMatchObject({ status: 403 });
    }
  });

  test('in IPv6 the same holds, both ways', async () => {
    expect(await initialize('fd77::99', `${server}:8080`)).toMatchObject({ status: 200 });
    const address = bank.network.address6Of(server);
    expect(await initialize(address, 'evil.example:8080')).toMatchObject({ status: 403 });
    const script = `require('http').createServer((_asked, answer) => answer.end('six')).listen({ port: 8080, host: '::', ipv6Only: true })`;
    bank.start(server, 'six', ['-e', script]);
    await until(async () => (await get(user, address, 8080, '/healthz')).body === 'six', patienceMs);
    expect(await get(user, address, 8080, '/other')).toMatchObject({ status: 403 });
    expect(await get(user, address, 8081, '/healthz')).toMatchObject({ status: 0 });
  });

  test('what is no HTTP, no TCP, or goes to no name server, does not leave a pod', async () => {
    const script = `const { connect } = require('net'); const { createSocket } = require('dgram');
      const address = ${JSON.stringify(bank.network.addressOf(llm))};
      const raw = new Promise((resolve) => { let got = 'nothing'; const socket = connect(8090, address, () => socket.write('\\0\\1raw\\n'.repeat(20)));
        socket.on('data', () => { got = 'data'; }).on('error', () => {}).on('close', () => resolve(got)).setTimeout(15000, () => socket.destroy()); });
      const udp = new Promise((resolve) => createSocket('udp4').send('x', 5000, address, (error) => resolve(error ? 'refused' : 'sent')));
      Promise.all([raw, udp]).then((both) => console.log(JSON.stringify({ both })));`;
    expect(await evaluateInPod(bank.spot(agent), script)).toEqual({ both: ['nothing', 'refused'] });
  });

  test('no workload of a system starts a session, even past its own Envoy', async () => {
    expect((await chat(agent, 'hello', compromised)).status).toBe(403);
    const past = await chat(agent, 'hello', compromised, proxyUid);
    expect(past).toMatchObject({ status: 403 });
    expect(past.body).toContain('session_start_not_allowed');
  });

  test('the running Envoy goes over to what a changed policy allows', async () => {
    const before = pidsOf(agent, 'envoy.json');
    expect(before).toHaveLength(1);
    const extra = async () => (await get(agent, 'extra.example', 8095)).status;
    expect(await extra()).toBe(403);
    const endpoints = [{ name: server }, { fqdn: 'extra.example', port: 8095, protocol: 'http' }];
    await bank.patchPolicy(agent, { allowedProtocols: ['mcp', 'http'], allowedEndpoints: endpoints });
    await until(async () => (await extra()) === 200, patienceMs);
    await bank.patchPolicy(agent, { allowedProtocols: ['mcp'], allowedEndpoints: [{ name: server }] });
    await until(async () => (await extra()) === 403, patienceMs);
    expect(pidsOf(agent, 'envoy.json')).toEqual(before);
  }, 180_000);

  test.each(['envoy.json', 'ext-authz.json'])(
    'the part that runs with %s is started again when it dies',
    async (file) => {
      const [pid = 0] = pidsOf(agent, file);
      process.kill(pid, 'SIGKILL');
      await until(() => pidsOf(agent, file).some((other) => other !== pid), patienceMs);
      await until(() => bank.ready(agent), patienceMs);
      expect((await chat(agent, 'Show the balance of ACC-1001')).status).toBe(200);
    },
    180_000,
  );

  test('with its sidecar killed nothing reaches an app, and it reaches nothing', async () => {
    const own = [bank.runDir(server), 'sidecar/main.js'];
    // The supervisor first: it would start the others again.
    for (const words of [own.slice(1), own]) for (const pid of pidsOf(server, ...words)) process.kill(pid, 'SIGKILL');
    await until(() => pidsOf(server, ...own).length === 0, patienceMs);
    expect(bank.ready(server)).toBe(false);
    expect(await get(user, server, 8080, '/healthz')).toMatchObject({ status: 0 });
    expect(await get(server, 'llm.example.com', 8090)).toMatchObject({ status: 0 });
    // By loopback the app is still there: it was the enforcement point that was missing.
    expect(await get(server, '127.0.0.1', 8080, '/healthz')).toMatchObject({ status: 200 });
  }, 120_000);
});
