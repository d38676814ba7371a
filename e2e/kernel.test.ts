import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyNoKernelLayer } from '../local/kernel/why_no_kernel_layer.ts';
import { paths } from '../policies/wire.ts';
import { because, obstacle, Stack, template, until } from './stack.ts';

const skipped = obstacle() ?? whyNoKernelLayer('netns');
const agent = 'casa-demo-agent-compromised';
const mas = 'bank.bank';
/** Longer than a conversation takes: it is had while nobody looks after the rows. */
const awayMs = 20_000;
const settlesWithinMs = 60_000;

interface SocketAttempt {
  readonly proto: string;
  readonly address: string;
  readonly port: number;
  readonly outcome: string;
}

describe.skipIf(skipped !== null)(`an agent that opens sockets of its own${because(skipped)}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.open({ restartDelayMs: awayMs });
  }, 90_000);
  afterAll(() => stack?.close());

  /** What the agent saw at its sockets, and how it answered its user. */
  async function talk(): Promise<{ readonly status: number; readonly sockets: readonly SocketAttempt[] }> {
    const place = (name: string) => join(stack.out('bank-client'), name);
    const prompt = 'What is the exchange rate from EUR to USD?';
    writeFileSync(place('talk.json'), JSON.stringify([{ agent, case: 'v', prompt }]));
    await stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], {
      CONVERSATIONS: `${template('out')}/talk.json`,
      ANSWERS: `${template('out')}/heard.jsonl`,
      AGENT_URLS: `{"${agent}": "${template(`url:${agent}`)}"}`,
    });
    const { status, body } = JSON.parse(readFileSync(place('heard.jsonl'), 'utf8'));
    return { status, sockets: body.sockets };
  }

  /** Events of the trace; their outer shape is documented. */
  async function events(): Promise<readonly object[]> {
    const url = `${stack.state.runtimeUrl}${paths.trace}?limit=1000`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${stack.adminToken}` } });
    return Object(await answer.json()).events;
  }

  /** The kernel's records of refusals in the trace, as `proto address port`. */
  async function refusals(): Promise<readonly string[]> {
    return (await events()).flatMap((event) => {
      const { kind, app, verdict, proto, destination, port } = Object(event);
      return kind === 'flow' && app === agent && verdict === 'deny' ? [`${proto} ${destination} ${port}`] : [];
    });
  }

  /** Session and token of each event of this kind that has both, once. */
  async function tokensIn(wanted: string, app: 'app' | 'caller'): Promise<readonly string[]> {
    const own = (await events()).flatMap((event) => {
      const { kind, session_id, token_hash, [app]: speaker } = Object(event);
      return kind === wanted && speaker === agent && session_id && token_hash ? [`${session_id} ${token_hash}`] : [];
    });
    return [...new Set(own)].sort();
  }

  const textOf = ({ proto, address, port }: SocketAttempt) => `${proto} ${address} ${port}`;

  test('gets EPERM at each, does its work through its proxy, and each refusal is in the trace', async () => {
    const { status, sockets } = await talk();
    expect({ status, outcomes: sockets.map(({ outcome }) => outcome) }).toEqual({
      status: 200,
      outcomes: Array(4).fill('EPERM'),
    });
    const all = async () => (await refusals()).length >= 4;
    await until('every refusal is stored', all, settlesWithinMs);
    expect([...(await refusals())].sort()).toEqual(sockets.map(textOf).sort());
  }, 120_000);

  test('has the tokens of its calls in the trace as the kernel saw them leave, each in its session', async () => {
    const exchanged = await tokensIn('token_exchanged', 'caller');
    expect(exchanged).not.toEqual([]);
    const all = async () => {
      const seen = await tokensIn('flow', 'app');
      return exchanged.every((token) => seen.includes(token));
    };
    await until('every token is joined', all, settlesWithinMs);
  }, 60_000);

  test('gets EPERM while the node agent is dead as well, and the next one tells of it', async () => {
    process.kill(stack.pid('node-agent', mas), 'SIGKILL');
    const ended = () => stack.said.some(({ line }) => line.startsWith(`node agent of ${mas} ended`));
    await until('the node agent has ended', ended, 5_000);
    const { status, sockets } = await talk();
    const isBack = stack.said.some(({ line }) => line === `node agent of ${mas} started again`);
    expect({ isBack, status, outcomes: sockets.map(({ outcome }) => outcome) }).toEqual({
      isBack: false,
      status: 200,
      outcomes: Array(4).fill('EPERM'),
    });
    const all = async () => (await refusals()).length >= 8;
    await until('what the kernel refused meanwhile is stored', all, awayMs + settlesWithinMs);
  }, 180_000);
});
