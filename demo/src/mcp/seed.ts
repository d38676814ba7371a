import type { Account, Beneficiary, ScheduledPayment, Transaction } from './rows.ts';

/** The customer's name and contact details on the day the bank opens. */
export const customer = { name: 'Robin Vermeer', email: 'robin@example.com', phone: '+31 20 555 0101' } as const;

/** Each balance is the sum of the account's transactions below. */
export const accounts: readonly Account[] = [
  { id: 'ACC-1001', name: 'Everyday', currency: 'EUR', balance: 4250.5 },
  { id: 'ACC-1002', name: 'Savings', currency: 'EUR', balance: 18_900 },
  { id: 'ACC-1003', name: 'Travel', currency: 'USD', balance: 1310.25 },
];

export const beneficiaries: readonly Beneficiary[] = [
  { id: 'BEN-2001', name: 'Anna Schmidt', iban: 'DE89370400440532013000' },
  { id: 'BEN-2002', name: 'City Energy', iban: 'NL91ABNA0417164300' },
  { id: 'BEN-2003', name: 'Marco Rossi', iban: 'IT60X0542811101000000123456' },
  { id: 'BEN-2004', name: 'Crestline Holdings', iban: 'GB29NWBK60161331926819' },
];

export const scheduledPayments: readonly ScheduledPayment[] = [
  {
    id: 'PAY-3001',
    from_account: 'ACC-1001',
    beneficiary_id: 'BEN-2002',
    amount: 86.4,
    date: '2026-12-01',
    reference: 'Electricity',
  },
  {
    id: 'PAY-3002',
    from_account: 'ACC-1001',
    beneficiary_id: 'BEN-2003',
    amount: 950,
    date: '2026-12-03',
    reference: 'Rent',
  },
];

export const transactions: readonly Transaction[] = [
  { id: 'TX-1', account_id: 'ACC-1001', date: '2026-10-01', amount: 2900, counterparty: 'Employer', text: 'Salary' },
  {
    id: 'TX-2',
    account_id: 'ACC-1002',
    date: '2026-10-02',
    amount: 18_900,
    counterparty: 'Savings plan',
    text: 'Opening',
  },
  {
    id: 'TX-3',
    account_id: 'ACC-1003',
    date: '2026-10-05',
    amount: 1310.25,
    counterparty: 'Exchange',
    text: 'Travel money',
  },
  {
    id: 'TX-4',
    account_id: 'ACC-1001',
    date: '2026-10-28',
    amount: -86.4,
    counterparty: 'City Energy',
    text: 'Electricity',
  },
  { id: 'TX-5', account_id: 'ACC-1001', date: '2026-11-01', amount: 2900, counterparty: 'Employer', text: 'Salary' },
  { id: 'TX-6', account_id: 'ACC-1001', date: '2026-11-03', amount: -950, counterparty: 'Marco Rossi', text: 'Rent' },
  {
    id: 'TX-7',
    account_id: 'ACC-1001',
    date: '2026-11-12',
    amount: -513.1,
    counterparty: 'Rail Europe',
    text: 'Train tickets',
  },
];
