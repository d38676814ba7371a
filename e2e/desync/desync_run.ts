import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pepOf } from '../pep.ts';
import { offeredTool } from '../race/offered_tool.ts';
import type { WireRequest } from '../send/wire_request.ts';
import { outsider, Stack, template } from '../stack.ts';
import { bankAt } from '../tool_call.ts';
import type { DesyncCase, Place, Shape } from './format/desync_case.ts';
import { type Filling, renderShape } from './format/render_shape.ts';
import type { Subject } from './judge.ts';
import type { RawAnswers, RawRequest } from './send/raw_request.ts';

const agent = 'casa-demo-agent';
const tool = 'list_transactions';
/** What one answer of the scripted LLM selects at most: the tool takes no higher limit. */
const selectionsMax = 100;
const atOnceMax = 8;
const senders: { readonly [P in Place]: string } = { agent, server: outsider };

/** A case from a place, with an allowed call of its own. */
export interface Ready {
  readonly desync: DesyncCase;
  readonly place: Place;
  readonly subject: Subject;
  readonly filling: Filling;
}

/** The bank behind CASA, with agents that do nothing by themselves: the LLM's selections are there for the cases. */
export async function openDesyncStack(): Promise<Stack> {
  const echo = ['node', 'dist/e2e/same/echo/main.js'];
  return Stack.open({ commands: { [agent]: echo, [`${agent}-compromised`]: echo } });
}

/** Gives each case an allowed call: one that the agent's LLM selected, or one whose token a peer has. */
export async function readyCases(stack: Stack, cases: readonly DesyncCase[], place: Place): Promise<readonly Ready[]> {
  const asked = cases.filter(({ expect }) => expect[place] !== undefined);
  const ready: Ready[] = [];
  for (let first = 0; first < asked.length; first += selectionsMax) {
    const some = asked.slice(first, first + selectionsMax);
    const account = `ACC-${(place === 'agent' ? 1001 : 5001) + first / selectionsMax}`;
    const each = some.map((_, index) => ({ account_id: account, limit: index + 1 }));
    const tokens = place === 'agent' ? await select(stack, account) : await tokensFor(stack, each);
    for (const [index, desync] of some.entries()) {
      const given = each[index] ?? {};
      const id = `${desync.id} at ${place}`;
      const said = { host: bankAt, path: '/mcp', id, name: tool, arguments: JSON.stringify(given) };
      ready.push({
        desync,
        place,
        subject: { id, tool, arguments: given },
        filling: { ...said, token: tokens[index] ?? null },
      });
    }
  }
  return ready;
}

/** Sends one of a case's requests for each of them, from where it belongs. */
export async function sendShapes(
  stack: Stack,
  cases: readonly Ready[],
  shapeOf: (desync: DesyncCase) => Shape,
): Promise<readonly RawAnswers[]> {
  const answers: RawAnswers[] = [];
  for (const place of ['agent', 'server'] as const) {
    const requests = cases.filter((ready) => ready.place === place).map((ready) => rawRequest(ready, shapeOf));
    answers.push(...(await sendFrom(stack, senders[place], requests)));
  }
  return answers;
}

function rawRequest({ desync, subject, filling }: Ready, shapeOf: (desync: DesyncCase) => Shape): RawRequest {
  const shape = shapeOf(desync);
  const base64 = renderShape(shape, filling).toString('base64');
  return { id: subject.id, to: bankAt, base64, ends: shape.ends === true };
}

async function sendFrom(stack: Stack, app: string, requests: readonly RawRequest[]): Promise<readonly RawAnswers[]> {
  const folder = stack.out(app);
  writeFileSync(join(folder, 'raw_requests.json'), JSON.stringify(requests));
  const command = ['node', 'dist/e2e/desync/send/main.js', template('out'), String(atOnceMax)];
  const code = await stack.runAs(app, command);
  if (code !== 0) throw new Error(`the sender ended with code ${code}`);
  // Written by the sender.
  return JSON.parse(readFileSync(join(folder, 'raw_answers.json'), 'utf8')) as RawAnswers[];
}

/** A session whose LLM selects a hundred calls for one account. */
async function select(stack: Stack, account: string): Promise<readonly null[]> {
  const content = `Watch the transactions of ${account}: take ${selectionsMax} readings`;
  const headers = { 'content-type': 'application/json' };
  const chat: WireRequest = { to: `${agent}:8082`, path: '/chat', headers, body: JSON.stringify({ content }) };
  const body = { model: 'scripted', messages: [{ role: 'user', content }], tools: [offeredTool] };
  const ask: WireRequest = {
    to: 'llm.example.com:8090',
    path: '/v1/chat/completions',
    headers,
    body: JSON.stringify(body),
  };
  for (const [app, request] of [[outsider, chat] as const, [agent, ask] as const]) {
    const [answer] = await stack.sendAs(app, [request]);
    if (answer?.status !== 200) throw new Error(`${app}: ${answer?.status} ${answer?.body}`);
  }
  return [];
}

async function tokensFor(stack: Stack, each: readonly { readonly account_id: string; readonly limit: number }[]) {
  return (await pepOf(stack, agent)).toolTokens('bank-mcp', tool, each);
}
