import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyUid } from '../compiler/envoy/options.ts';
import { because, obstacle, outsider, Stack, template } from './stack.ts';

const skipped = obstacle();
const agent = 'casa-demo-agent';

interface Results {
  readonly [name: string]: string;
}

// Sockets, keys, foreign files and 15001 as seen by an app are in local/local.test.ts; here is what it leaves out.
describe.skipIf(skipped !== null)(`an app of the bank, as itself${because(skipped)}`, () => {
  let stack: Stack;
  let results: Results;
  let fromOutside: Results;
  beforeAll(async () => {
    stack = await Stack.open({ withoutKernel: true });
    const { state, run } = stack.run.places;
    const pep = join(run, 'pep', agent);
    results = await attempt(agent, [
      `own_file read ${template('out')}/.casa-local`,
      'own_program run true',
      'own_process kill 0',
      `check open ${pep}/check.sock`,
      `admin open ${pep}/admin.sock`,
      `key read ${pep}/key.json`,
      `envoy_config read ${pep}/envoy.json`,
      `other_check open ${join(run, 'pep', 'bank-mcp')}/check.sock`,
      `pep_folder list ${pep}`,
      `peers read ${join(run, 'peers.json')}`,
      `state_folder list ${state}`,
      `admin_token read ${state}/admin.token`,
      `database list ${state}/db`,
      `database_key read ${state}/db.key`,
      `logs list ${state}/logs`,
      `root_of_envoy list /proc/${stack.pid('envoy', agent)}/root`,
      `environment_of_envoy read /proc/${stack.pid('envoy', agent)}/environ`,
      `memory_of_pep read /proc/${stack.pid('ext-authz', agent)}/mem`,
      `become_proxy become ${proxyUid}`,
      `become_root become 0`,
      `setpriv run setpriv --reuid ${proxyUid} true`,
      `su run su -s /bin/true root`,
      `other_namespace run ip netns exec ${namespaceOf('bank-mcp')} true`,
      `iptables run iptables -t nat -F`,
      `kill_envoy kill ${stack.pid('envoy', agent)}`,
      `kill_pep kill ${stack.pid('ext-authz', agent)}`,
      'inbound connect 127.0.0.1:15001',
      'inbound_by_address connect casa-demo-agent:15001',
      'outbound call 127.0.0.1:15002 bank-mcp:8080',
      'outbound_nowhere call 127.0.0.1:15002 runtime.example.com:80',
      `runtime connect 127.0.0.1:${new URL(stack.state.runtimeUrl).port}`,
      'redirected connect bank-mcp:8080',
      'other_agent connect casa-demo-agent-compromised:8083',
      'metadata connect 169.254.169.254:80',
    ]);
    fromOutside = await attempt(outsider, [
      'bank connect bank-mcp:8080',
      'bank_other_port connect bank-mcp:9999',
      'proxy_out connect bank-mcp:15002',
    ]);
  }, 90_000);
  afterAll(() => stack?.close());

  const namespaceOf = (app: string) => stack.run.plan.apps.find(({ name }) => name === app)?.namespace ?? '';

  async function attempt(app: string, words: readonly string[]): Promise<Results> {
    const code = await stack.runAs(app, [
      'node',
      'dist/e2e/attempt/main.js',
      `${template('out')}/tried.json`,
      ...words,
    ]);
    expect(code).toBe(0);
    // Written by `attempt/main.ts`.
    return JSON.parse(readFileSync(join(stack.out(app), 'tried.json'), 'utf8')) as Results;
  }

  test('does what is its own to do: what is tried here can succeed', () => {
    const { own_file, own_program, own_process } = results;
    expect([own_file, own_program, own_process]).toEqual(Array(3).fill('done'));
  });

  test('opens neither Check nor ext_proc, which are one socket, nor admin, its own or another', () => {
    expect(results).toMatchObject({ check: 'EACCES', admin: 'EACCES', other_check: 'EACCES' });
  });

  test("reads nothing of its proxy's: key, configuration, folder, environment, memory", () => {
    expect(results).toMatchObject({ key: 'EACCES', envoy_config: 'EACCES', pep_folder: 'EACCES', peers: 'EACCES' });
    expect(results).toMatchObject({
      root_of_envoy: 'EACCES',
      environment_of_envoy: 'EACCES',
      memory_of_pep: 'EACCES',
    });
  });

  test('reads nothing of the state directory: admin token, database and its key, logs', () => {
    const { state_folder, admin_token, database, database_key, logs } = results;
    expect([state_folder, admin_token, database, database_key, logs]).toEqual(Array(5).fill('EACCES'));
  });

  test('becomes no other user, and ends or enters nothing of CASA', () => {
    for (const name of [
      'become_proxy',
      'become_root',
      'setpriv',
      'su',
      'other_namespace',
      'iptables',
      'kill_envoy',
      'kill_pep',
    ]) {
      expect({ name, result: results[name] }).toEqual({
        name,
        result: expect.not.stringMatching(/^(done|no such way)$/),
      });
    }
  });

  test("gets no answer from its Envoy's inbound port, and by the outbound port nothing more than by redirection", () => {
    const { inbound, inbound_by_address, outbound, outbound_nowhere, redirected } = results;
    expect([inbound, inbound_by_address]).toEqual(
      Array(2).fill(
        expect.stringMatching(/^(closed|ECONNRESET|ECONNREFUSED|HTTP\/1.1 403.*|destination_not_allowed)$/),
      ),
    );
    expect({ outbound, redirected }).toEqual({ outbound: 'session_unknown', redirected: 'session_unknown' });
    expect(outbound_nowhere).toBe('destination_not_allowed');
  });

  test('reaches no runtime, no other agent, and no place that its policy does not name', () => {
    const { runtime, other_agent, metadata } = results;
    expect(runtime).toBe('ECONNREFUSED');
    expect({ other_agent, metadata }).toEqual({
      other_agent: 'destination_not_allowed',
      metadata: 'destination_not_allowed',
    });
  });

  test('outside every MAS reaches the bank by its Envoy only', () => {
    expect(fromOutside).toEqual({
      bank: 'token_missing',
      bank_other_port: expect.stringMatching(/^(closed|ECONNRESET)$/),
      proxy_out: expect.stringMatching(/^(closed|ECONNRESET)$/),
    });
  });
});
