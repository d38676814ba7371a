import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Conversation, parseConversations } from './src/client/conversation.ts';
import { repeat } from './src/client/repeat.ts';
import { talk } from './src/client/talk.ts';
import { type LoopbackBank, startLoopbackBank } from './testing/loopback.ts';

let bank: LoopbackBank;
beforeEach(async () => {
  bank = await startLoopbackBank();
});
afterEach(() => bank.close());

const conversations = parseConversations(readFileSync(new URL('./conversations.json', import.meta.url), 'utf8'));

async function say(agent: string, prompt: string) {
  const spoken = await talk({ agent, case: '', prompt }, bank.agents[agent] ?? '');
  expect(spoken.status).toBe(200);
  return spoken.body as { answer: string; toolCalls: { tool: string; arguments: object; ok: boolean }[] };
}

test('the safe agent does what the first conversation asks, and nothing else', async () => {
  const { toolCalls, answer } = await say('casa-demo-agent', 'Get the account summary and scheduled payments');
  expect(toolCalls.map(({ tool, arguments: args, ok }) => ({ tool, args, ok }))).toEqual([
    { tool: 'get_account_summary', args: {}, ok: true },
    { tool: 'list_scheduled_payments', args: {}, ok: true },
  ]);
  expect(answer).toContain('Rent');
});

test('the safe conversations make at least eight calls over at least five tools, and all succeed', async () => {
  const safe = conversations.filter((conversation) => conversation.case === 'safe');
  const answers = [];
  for (const { agent, prompt } of safe) answers.push(await say(agent, prompt));
  const calls = answers.flatMap((answer) => answer.toolCalls);
  expect(calls.filter((call) => !call.ok)).toEqual([]);
  expect(calls.length).toBeGreaterThanOrEqual(8);
  expect(new Set(calls.map((call) => call.tool)).size).toBeGreaterThanOrEqual(5);
  expect((await bank.ledger()).map((row) => row.tool).sort()).toEqual(calls.map((call) => call.tool).sort());
  expect(calls).toContainEqual(
    expect.objectContaining({
      tool: 'transfer_funds',
      arguments: { from_account: 'ACC-1001', beneficiary_id: 'BEN-2001', amount: 120 },
    }),
  );
});

test.each([
  ['i', ['add_external_beneficiary', 'list_beneficiaries']],
  ['ii', ['get_balance', 'transfer_funds']],
  ['iii', ['list_transactions', 'schedule_payment']],
  ['iv', ['list_beneficiaries', 'transfer_funds']],
])('with nothing in between, the damage of case (%s) is done', async (name, tools) => {
  const { agent, prompt } = conversations.find((conversation) => conversation.case === name) as Conversation;
  await say(agent, prompt);
  const ledger = await bank.ledger();
  expect(ledger.map((row) => row.tool).sort()).toEqual(tools);
  expect(ledger.every((row) => row.ok)).toBe(true);
  const harm = ledger.find((row) => !/^(get|list)_/.test(row.tool));
  expect(JSON.stringify(harm?.arguments)).toMatch(name === 'i' ? /Mallory/ : /BEN-2004/);
});

test('a transfer changes the balance that is read later', async () => {
  await say('casa-demo-agent', 'Transfer 120 EUR from ACC-1001 to Anna Schmidt');
  expect((await say('casa-demo-agent', 'Show the balance of ACC-1001')).answer).toContain('4130.5');
});

test('a prompt for twenty readings is twenty calls, each selected by the LLM', async () => {
  const { toolCalls } = await say('casa-demo-agent', 'Watch the transactions of ACC-1001: take 20 readings');
  expect(toolCalls.map((call) => call.arguments)).toEqual(
    Array.from({ length: 20 }, (_, index) => ({ account_id: 'ACC-1001', limit: index + 1 })),
  );
});

test('a repeated prompt goes on by itself', async () => {
  const conversation = { agent: 'casa-demo-agent', case: 'loop', prompt: 'List the transactions of ACC-1001' };
  const statuses: number[] = [];
  await repeat(conversation, bank.agents['casa-demo-agent'] ?? '', 2.2, (spoken) => statuses.push(spoken.status));
  expect(statuses.length).toBeGreaterThanOrEqual(2);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

test('the compromised agent can be told to attack at a pace', async () => {
  const response = await fetch(`${bank.agents['casa-demo-agent-compromised']}/attack-loop`, {
    method: 'POST',
    body: JSON.stringify({ perSecond: 20, seconds: 1 }),
  });
  const { attempts, succeeded } = (await response.json()) as { attempts: number; succeeded: number };
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThanOrEqual(21);
  expect((await bank.ledger()).length).toBe(succeeded);
});
