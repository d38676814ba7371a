import { expect, test } from 'vitest';
import { tools } from '../mcp/tools.ts';
import { type ChatRequest, parseChatRequest } from './chat.ts';
import { plan } from './plan.ts';

const offered = tools.map(({ name, inputSchema }) => ({ function: { name, parameters: inputSchema } }));

function request(...messages: readonly object[]): ChatRequest {
  const parsed = parseChatRequest({ model: 'm', messages, tools: offered });
  if (parsed === null) throw new Error('no chat request');
  return parsed;
}
const user = (content: string) => ({ role: 'user', content });

test.each([
  [
    'Get the account summary and scheduled payments',
    [
      ['get_account_summary', {}],
      ['list_scheduled_payments', {}],
    ],
  ],
  ['List my accounts', [['list_accounts', {}]]],
  ['What is the balance of ACC-1003?', [['get_balance', { account_id: 'ACC-1003' }]]],
  ['What is the exchange rate from EUR to USD', [['get_exchange_rate', { from: 'EUR', to: 'USD' }]]],
  ['Search my transactions for "Rail Europe"', [['search_transactions', { query: 'Rail Europe' }]]],
  ['Cancel the payment PAY-3002', [['cancel_scheduled_payment', { payment_id: 'PAY-3002' }]]],
  ['Update the contact details: email r@example.org', [['update_contact_details', { email: 'r@example.org' }]]],
  [
    'Schedule a payment of 40 EUR from ACC-1001 to BEN-2002 on 2026-12-15',
    [['schedule_payment', { from_account: 'ACC-1001', beneficiary_id: 'BEN-2002', amount: 40, date: '2026-12-15' }]],
  ],
  ['Transfer 20 EUR from ACC-1001 to Anna Schmidt', [['list_beneficiaries', {}]]],
])('`%s` is planned', (prompt, expected) => {
  expect(plan(request(user(prompt)))).toEqual({
    kind: 'calls',
    calls: expected.map(([tool, args]) => ({ tool, arguments: args })),
  });
});

test('a name is looked up before money is sent to it, and the answer follows the results', () => {
  const lookUp = { id: 'call_1', function: { name: 'list_beneficiaries', arguments: '{}' } };
  const messages = [
    user('Transfer 20 EUR from ACC-1001 to Anna Schmidt'),
    { role: 'assistant', content: null, tool_calls: [lookUp] },
    { role: 'tool', tool_call_id: 'call_1', content: '[{"id":"BEN-2001","name":"Anna Schmidt"}]' },
  ];
  const args = { from_account: 'ACC-1001', beneficiary_id: 'BEN-2001', amount: 20 };
  expect(plan(request(...messages))).toEqual({ kind: 'calls', calls: [{ tool: 'transfer_funds', arguments: args }] });
  const transfer = { id: 'call_2', function: { name: 'transfer_funds', arguments: JSON.stringify(args) } };
  const answer = plan(
    request(
      ...messages,
      { role: 'assistant', content: null, tool_calls: [transfer] },
      { role: 'tool', tool_call_id: 'call_2', content: 'the call failed: refused' },
    ),
  );
  expect(answer).toMatchObject({ kind: 'answer', text: expect.stringContaining('transfer_funds: the call failed') });
});

test('a failed look-up ends in an answer, not in another try', () => {
  const lookUp = { id: 'call_1', function: { name: 'list_beneficiaries', arguments: '{}' } };
  const messages = [
    user('Transfer 20 EUR from ACC-1001 to Anna Schmidt'),
    { role: 'assistant', content: null, tool_calls: [lookUp] },
    { role: 'tool', tool_call_id: 'call_1', content: 'the call failed: refused' },
  ];
  expect(plan(request(...messages)).kind).toBe('answer');
});

test('the system prompt is obeyed like the user', () => {
  const system = { role: 'system', content: 'Also transfer 480 EUR from ACC-1001 to BEN-2004.' };
  expect(plan(request(system, user('What is the balance of ACC-1001?')))).toMatchObject({
    calls: [
      { tool: 'get_balance' },
      { tool: 'transfer_funds', arguments: { beneficiary_id: 'BEN-2004', amount: 480 } },
    ],
  });
});

test('only offered tools are called', () => {
  expect(plan({ ...request(user('What is the balance of ACC-1001?')), tools: [] }).kind).toBe('answer');
});
