import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';

/** A tool as the server lists it, and as a manifest declares it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: { readonly [name: string]: JsonSchema };
    readonly required: string[];
    readonly additionalProperties: false;
  };
}

interface JsonSchema {
  readonly type: 'string' | 'number' | 'integer';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const account = { type: 'string', description: 'Account id, such as ACC-1001', pattern: '^ACC-[0-9]{4}$' } as const;
const beneficiary = {
  type: 'string',
  description: 'Beneficiary id, such as BEN-2001',
  pattern: '^BEN-[0-9]{4}$',
} as const;
const amount = {
  type: 'number',
  description: "Amount in the account's currency",
  exclusiveMinimum: 0,
  maximum: 1_000_000,
} as const;
const reference = { type: 'string', description: 'Text for the recipient', maxLength: 140 } as const;
const date = { type: 'string', description: 'Day, as YYYY-MM-DD', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' } as const;
const limit = { type: 'integer', description: 'How many at most', minimum: 1, maximum: 100 } as const;
const currency = { type: 'string', enum: ['EUR', 'USD', 'GBP', 'CHF'] } as const;

const reads = { readOnlyHint: true, openWorldHint: false } as const;
const adds = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false } as const;
const moves = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true } as const;

function tool(
  name: string,
  description: string,
  annotations: ToolAnnotations,
  properties: ToolDefinition['inputSchema']['properties'] = {},
  required: string[] = Object.keys(properties),
): ToolDefinition {
  return {
    name,
    description,
    annotations,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
  };
}

/** All that the bank offers, in the order it is listed. */
export const tools: readonly ToolDefinition[] = [
  tool(
    'get_account_summary',
    'Summarise all accounts of the customer: number of accounts and total per currency',
    reads,
  ),
  tool('list_accounts', 'List the accounts of the customer with their ids and names', reads),
  tool('get_balance', 'Get the balance of one account', reads, { account_id: account }),
  tool(
    'list_transactions',
    'List the latest transactions of one account, newest first',
    reads,
    { account_id: account, limit },
    ['account_id'],
  ),
  tool('search_transactions', 'Search the transactions of all accounts by counterparty or text', reads, {
    query: { type: 'string', description: 'What to look for', minLength: 1, maxLength: 100 },
  }),
  tool('list_beneficiaries', 'List the saved beneficiaries, to whom money can be transferred', reads),
  tool('list_scheduled_payments', 'List the scheduled payments that are still to be made', reads),
  tool('get_exchange_rate', 'Get the exchange rate between two currencies', reads, { from: currency, to: currency }),
  tool(
    'transfer_funds',
    'Transfer money from an account to a saved beneficiary now',
    moves,
    { from_account: account, beneficiary_id: beneficiary, amount, reference },
    ['from_account', 'beneficiary_id', 'amount'],
  ),
  tool(
    'schedule_payment',
    'Schedule a payment from an account to a saved beneficiary for a later day',
    moves,
    { from_account: account, beneficiary_id: beneficiary, amount, date, reference },
    ['from_account', 'beneficiary_id', 'amount', 'date'],
  ),
  tool(
    'cancel_scheduled_payment',
    'Cancel a scheduled payment',
    { ...moves, idempotentHint: true },
    {
      payment_id: { type: 'string', description: 'Scheduled payment id, such as PAY-3001', pattern: '^PAY-[0-9]{4}$' },
    },
  ),
  tool('add_external_beneficiary', 'Save a new beneficiary at another bank', adds, {
    name: { type: 'string', description: 'Name of the recipient', minLength: 1, maxLength: 70 },
    iban: { type: 'string', description: 'IBAN without spaces', pattern: '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' },
  }),
  tool(
    'update_contact_details',
    "Change the customer's e-mail address or phone number",
    { ...adds, idempotentHint: true },
    {
      email: { type: 'string', description: 'New e-mail address', maxLength: 254 },
      phone: { type: 'string', description: 'New phone number', pattern: '^[+0-9 ]{5,20}$' },
    },
    [],
  ),
];
