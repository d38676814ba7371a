import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsBetween, strike } from '../fault.ts';
import type { WireRequest } from '../send/wire_request.ts';
import { because, obstacle, outsider, Stack, template, until } from '../stack.ts';
import { bankAt, callRequest } from '../tool_call.ts';
import { istioEnvoy } from './istio_envoy.ts';
import { inboundPort, outboundPort } from './proxy_config.ts';

const skipped = obstacle();
const agent = 'casa-demo-agent';
const agents = [agent, 'casa-demo-agent-compromised'];
const awayMs = 3_000;
/** Calls that were through when it was struck may still reach the bank. */
const inFlightMs = 300;
const recoversWithinMs = 30_000;
/** No answer at all; `EPERM`: the kernel layer, where there is one, did not even let it connect. */
const closed = expect.stringMatching(/^(closed|ECONNRESET|ECONNREFUSED|EPERM)$/);

/** What the demo's report has, as far as it is read here. */
interface Report {
  readonly calls: readonly { case: string; tool: string; decision: string; reason: string }[];
  readonly ledger: { readonly rows: number; readonly allowed_calls: number };
  readonly problems: readonly string[];
}

describe.skipIf(skipped !== null)(`the demo behind istio-proxies with our patches${because(skipped)}`, () => {
  let stack: Stack;
  const loops: Promise<number>[] = [];
  beforeAll(async () => {
    stack = await Stack.open({ envoy: istioEnvoy, restartDelayMs: awayMs });
  }, 90_000);
  afterAll(() => stack?.close());

  /** Says all conversations of the demo, once. */
  function talk(): Promise<number> {
    const urls = Object.fromEntries(agents.map((name) => [name, template(`url:${name}`)]));
    return stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], {
      CONVERSATIONS: `${template('project')}/demo/conversations.json`,
      ANSWERS: `${template('out')}/answers.jsonl`,
      AGENT_URLS: JSON.stringify(urls),
    });
  }

  function loop(prompt: string): Promise<number> {
    return stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], {
      AGENT: agent,
      PROMPT: prompt,
      LOOP_SECONDS: '240',
      AGENT_URLS: JSON.stringify({ [agent]: template(`url:${agent}`) }),
      ANSWERS: `${template('out')}/loop.jsonl`,
    });
  }

  async function tried(app: string, words: readonly string[]): Promise<{ readonly [name: string]: string }> {
    const file = `${template('out')}/tried.json`;
    expect(await stack.runAs(app, ['node', 'dist/e2e/attempt/main.js', file, ...words])).toBe(0);
    // Written by `attempt/main.ts`.
    return JSON.parse(readFileSync(join(stack.out(app), 'tried.json'), 'utf8'));
  }

  test('gives the same table: the safe agent is untouched, the compromised one refused for the same reasons', async () => {
    expect(await talk()).toBe(0);
    await stack.run.report();
    // Written by the demo's report, which judges it as in every other mode.
    const report = JSON.parse(readFileSync(join(stack.state.out, 'report.json'), 'utf8')) as Report;
    expect(report.problems).toEqual([]);
    expect(report.ledger.rows).toBe(report.ledger.allowed_calls);
    const refused = report.calls.filter(({ decision }) => decision === 'BLOCK');
    expect(refused).toMatchObject([
      { case: 'i', tool: 'add_external_beneficiary' },
      ...(refused.length > 3 ? [{ case: 'ii', tool: 'transfer_funds' }] : []),
      { case: 'iii', tool: 'schedule_payment' },
      { case: 'iv', tool: 'transfer_funds', reason: 'selection_arguments_differ' },
    ]);
  }, 60_000);

  test('an app gets round its istio-proxy by no port, no name and no protocol', async () => {
    const before = stack.ledger().length;
    const inside = await tried(agent, [
      `bytes bytes ${bankAt}`,
      `unselected connect ${bankAt}`,
      `other_host call ${bankAt} evil.example.com:8080`,
      `other_port_in_name call ${bankAt} bank-mcp:9999`,
      'other_agent connect casa-demo-agent-compromised:8083',
      'unknown_port connect bank-mcp:9999',
      `inbound_itself connect 127.0.0.1:${inboundPort}`,
      `outbound_itself connect 127.0.0.1:${outboundPort}`,
      `own_inbound connect ${agent}:8082`,
    ]);
    expect(inside).toEqual({
      // The bank would answer `400 Bad Request`.
      bytes: closed,
      unselected: 'session_unknown',
      other_host: 'destination_not_allowed',
      other_port_in_name: 'destination_not_allowed',
      other_agent: closed,
      unknown_port: closed,
      inbound_itself: closed,
      outbound_itself: closed,
      own_inbound: closed,
    });
    const fromOutside = await tried(outsider, [
      `bytes bytes ${bankAt}`,
      `call connect ${bankAt}`,
      'other_port connect bank-mcp:9999',
      `inbound connect bank-mcp:${inboundPort}`,
      `outbound connect bank-mcp:${outboundPort}`,
    ]);
    expect(fromOutside).toEqual({
      bytes: closed,
      call: 'token_missing',
      other_port: closed,
      inbound: closed,
      outbound: closed,
    });
    expect(stack.ledger().length).toBe(before);
  }, 60_000);

  test('the peer is who connected, whatever `x-forwarded-for` says, which Istio believes', async () => {
    const prompt = (forwardedFor: string): WireRequest => ({
      to: `${agent}:8082`,
      path: '/chat',
      // Were it believed, the peer would be outside of the MAS's `ingress`.
      headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
      body: JSON.stringify({ content: 'Show the balance of ACC-1001 and of ACC-1002' }),
    });
    const [answer] = await stack.sendAs(outsider, [prompt('203.0.113.9')]);
    expect(answer).toMatchObject({ status: 200 });
    const address = stack.state.apps.find(({ name }) => name === 'bank-client')?.address ?? '';
    // From the pod itself there is no way to its own inbound side.
    const [own] = await stack.sendAs(agent, [prompt(address)]);
    expect(own).toMatchObject({ status: null });
  }, 30_000);

  test.each([
    { title: 'ext-authz of the agents', role: 'ext-authz', apps: agents },
    { title: 'ext-authz of the bank', role: 'ext-authz', apps: ['bank-mcp'] },
    { title: 'the runtime', role: 'runtime', apps: [null] },
  ] as const)(
    'with $title killed nothing gets through, and calls do once it is back',
    async ({ role, apps }) => {
      // Goes on until the stack is closed.
      if (loops.length === 0) loops.push(loop('Show the balance of ACC-1001 and of ACC-1002').catch(() => 1));
      await until(
        'calls get through',
        () => rowsBetween(stack.ledger(), Date.now() - 500, Date.now()).length > 0,
        10_000,
      );
      const { downAtMs, upAtMs } = await strike(stack, { role, apps, signal: 'SIGKILL' }, awayMs);
      expect(rowsBetween(stack.ledger(), downAtMs + inFlightMs, upAtMs)).toEqual([]);
      const after = () => rowsBetween(stack.ledger(), upAtMs, Date.now()).length > 0;
      await until('a row after it is back', after, recoversWithinMs);
    },
    60_000,
  );

  test('a call without a token is refused by the bank itself', async () => {
    const [answer] = await stack.sendAs(outsider, [callRequest({ id: '1', name: 'get_balance', arguments: {} })]);
    expect(answer).toMatchObject({ status: 403, reason: 'token_missing' });
  });
});
