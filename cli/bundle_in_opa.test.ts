import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decision, DecisionInput, JsonObject } from '../policies/contract.ts';
import { PolicyEngine } from '../policies/engine/engine.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import type { CompiledSystem } from '../policies/system.ts';
import { commands } from './commands.ts';
import { run } from './run.ts';

const root = dirname(import.meta.dirname);
const mas = 'bank.bank';
const agent = 'casa-demo-agent';
const server = 'bank-mcp';

const folder = mkdtempSync(join(tmpdir(), 'casa-stock-opa-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a stock OPA says of the bundle, a folder or a tar.gz, to each input. */
function opaDecisions(bundle: string, inputs: readonly DecisionInput[]): readonly Decision[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['scripts/opac.mjs', 'eval', '--bundle', 'data.casa.decision', bundle],
    { cwd: root, input: inputs.map((input) => JSON.stringify(input)).join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): Decision => JSON.parse(line));
}

function builtOpa(): string {
  return spawnSync(process.execPath, ['scripts/opa.mjs', '--build'], { cwd: root, encoding: 'utf8' }).stdout.trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  server.close();
  await once(server, 'close');
  return port;
}

async function untilServes(url: string): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (performance.now() < deadlineMs) {
    const answered = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await sleep(50);
  }
  throw new Error('opa did not serve in time');
}

async function askServer(address: string, input: DecisionInput): Promise<Decision> {
  const url = `http://${address}/v1/data/casa/decision`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ input }) });
  const { result } = (await response.json()) as { readonly result: Decision }; // compared whole
  return result;
}

const exchange: DecisionInput = {
  phase: 'exchange',
  mas,
  now: 1_000,
  caller: { app: agent, type: 'agent' },
  callee: { kind: 'app', app: server, host: server, port: 8080 },
  protocol: 'mcp',
  operation: 'tools/call',
  tool: null,
  token: {
    verified: true,
    sub: 'bank-client',
    act: [],
    aud: [agent],
    scope: ['user-input', 'call-agents', 'call-tools'],
    tools: {},
    session_id: 's1',
    exp: 2_000,
    call_matches: null,
    audit: false,
  },
  session: { state: 'live' },
  selected: { calls: 1, match: 'exact', consumed: false },
  semantic: null,
  counters: {},
  problem: null,
  start_peer: null,
};

/** The demo's cases for one tool of the bank, each at the phases it passes. */
function questionsOf(tool: string, system: CompiledSystem): readonly DecisionInput[] {
  const callArguments: JsonObject = { amount: 120, from_account: 'ACC-1001', currency: 'EUR' };
  const named = { server, name: tool, ...(system.reads_arguments ? { arguments: callArguments } : {}) };
  const token = { ...exchange.token, tools: system.apps[agent]?.reach ?? {} } as DecisionInput['token'];
  const asked: DecisionInput = { ...exchange, tool: named, token };
  const arriving = { ...token, aud: [server], tools: { [`${server}/${tool}`]: true }, call_matches: true };
  return [
    asked,
    { ...asked, selected: { calls: 0, match: 'none', consumed: false } },
    { ...asked, selected: { calls: 1, match: 'none', consumed: false } },
    { ...asked, selected: { calls: 1, match: 'name', consumed: false } },
    { ...asked, selected: { calls: 1, match: 'exact', consumed: true } },
    { ...asked, session: { state: 'revoked' } },
    { ...asked, phase: 'outbound', token: null, selected: null },
    { ...asked, phase: 'outbound', token: null, selected: null, session: null },
    { ...asked, phase: 'inbound', selected: null, token: arriving as DecisionInput['token'] },
    { ...asked, phase: 'inbound', selected: null, token: null },
  ];
}

describe('a bundle that casa compile wrote', () => {
  let engine: PolicyEngine;
  let inputs: readonly DecisionInput[] = [];
  beforeAll(async () => {
    const terminal = { stdout: () => undefined, stderr: () => undefined };
    const ended = await run(['compile', join(root, 'demo/manifests'), '-o', folder], terminal, '0.0.0', commands);
    expect(ended).toBe(0);
    const document = JSON.parse(readFileSync(join(folder, mas, 'data.json'), 'utf8'));
    engine = await PolicyEngine.open(readPolicyModules().wasm);
    engine.load(mas, document, 'r1');
    const tools = Object.keys(document.mas.tools[server]);
    inputs = [...tools, 'no_such_tool'].flatMap((tool) => questionsOf(tool, document.mas));
  });

  test.each(['', '.tar.gz'])(
    'is loaded by a stock OPA as `bank.bank%s`, which decides as the engine does',
    (ending) => {
      const ours = inputs.map((input) => engine.evaluate(input));
      expect(opaDecisions(join(folder, `${mas}${ending}`), inputs)).toEqual(ours);
    },
  );

  test('is served by `opa run`, which answers each question as the engine does', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const argv = ['run', '--server', '--addr', address, '--log-level', 'error', '--skip-version-check', '-b'];
    const opa = spawn(builtOpa(), [...argv, join(folder, `${mas}.tar.gz`)], { stdio: 'inherit' });
    try {
      await untilServes(`http://${address}/health?bundles`);
      const theirs = await Promise.all(inputs.map((input) => askServer(address, input)));
      expect(theirs).toEqual(inputs.map((input) => engine.evaluate(input)));
    } finally {
      opa.kill('SIGKILL');
      await once(opa, 'exit');
    }
  }, 60_000);

  test('is asked what is worth comparing: allows, and the reasons of the demo', () => {
    const ours = inputs.map((input) => engine.evaluate(input));
    const seen = new Set(ours.map(({ reason }) => reason));
    for (const reason of ['ok', 'no_llm_calls_made_by_app', 'tool_not_selected_by_llm', 'selection_arguments_differ']) {
      expect(seen).toContain(reason);
    }
    expect(ours.filter(({ allow }) => allow).length).toBeGreaterThan(20);
  });
});
