import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoopbackBank, startLoopbackBank } from '../../testing/loopback.ts';
import { tools } from './tools.ts';

let bank: LoopbackBank;
let client: Client;
beforeEach(async () => {
  bank = await startLoopbackBank();
  client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { 'x-request-id': 'request-7' } };
  // see agent/tools.ts
  const transport = new StreamableHTTPClientTransport(new URL(bank.mcpUrl), { requestInit });
  await client.connect(transport as Parameters<Client['connect']>[0]);
});
afterEach(async () => {
  await client.close();
  await bank.close();
});

test('the official client lists every tool as it is defined', async () => {
  expect((await client.listTools()).tools).toEqual(tools);
});

test('each executed call is one ledger row with its request id, reads and refusals included', async () => {
  await client.callTool({ name: 'get_balance', arguments: { account_id: 'ACC-1001' } });
  await client.callTool({ name: 'get_balance', arguments: { account_id: 'ACC-9999' } });
  expect(await bank.ledger()).toEqual([
    {
      at: '2026-11-20T10:00:00.000Z',
      tool: 'get_balance',
      arguments: { account_id: 'ACC-1001' },
      ok: true,
      result_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      request_id: 'request-7',
    },
    expect.objectContaining({ arguments: { account_id: 'ACC-9999' }, ok: false, request_id: 'request-7' }),
  ]);
});

test.each([
  ['an unknown tool', 'steal', {}],
  ['a missing argument', 'get_balance', {}],
  ['an argument too many', 'list_accounts', { all: true }],
  ['an argument of the wrong shape', 'get_balance', { account_id: 'acc 1' }],
])('%s is an error and no ledger row', async (_, name, args) => {
  await expect(client.callTool({ name, arguments: args })).rejects.toThrow(/-32602/);
  expect(await bank.ledger()).toEqual([]);
});

test('money that is not there cannot be transferred', async () => {
  const order = { from_account: 'ACC-1001', beneficiary_id: 'BEN-2001', amount: 900_000 };
  expect(await client.callTool({ name: 'transfer_funds', arguments: order })).toMatchObject({ isError: true });
  expect(await client.callTool({ name: 'get_balance', arguments: { account_id: 'ACC-1001' } })).toMatchObject({
    content: [{ text: expect.stringContaining('4250.5') }],
  });
});

test('scheduled payments, beneficiaries and contact details can be changed', async () => {
  const text = async (name: string, args = {}) => JSON.stringify(await client.callTool({ name, arguments: args }));
  await text('cancel_scheduled_payment', { payment_id: 'PAY-3001' });
  expect(await text('list_scheduled_payments')).not.toContain('PAY-3001');
  await text('add_external_beneficiary', { name: 'Li Wei', iban: 'FR1420041010050500013M02606' });
  expect(await text('list_beneficiaries')).toContain('Li Wei');
  expect(await text('update_contact_details', { phone: '+31 20 555 0199' })).toContain('robin@example.com');
  expect(await text('search_transactions', { query: 'rail' })).toContain('Train tickets');
  expect(await text('get_exchange_rate', { from: 'EUR', to: 'USD' })).toContain('1.08');
});
