import type { Account, Beneficiary, Contact, ScheduledPayment, Transaction } from './rows.ts';
import * as seed from './seed.ts';

/** The bank's books: everything a tool call can read or change. */
export interface Bank {
  readonly accounts: Map<string, Account>;
  readonly beneficiaries: Map<string, Beneficiary>;
  readonly scheduledPayments: Map<string, ScheduledPayment>;
  readonly transactions: Transaction[];
  contact: Contact;
  nextNumber: number;
}

/** A call that the bank refuses for its own reasons, such as an unknown account. */
export class BankRefusal extends Error {}

/** The books on the first day; every call gives new ones. */
export function openBank(): Bank {
  const byId = <T extends { readonly id: string }>(rows: readonly T[]) => new Map(rows.map((row) => [row.id, row]));
  return {
    accounts: byId(seed.accounts),
    beneficiaries: byId(seed.beneficiaries),
    scheduledPayments: byId(seed.scheduledPayments),
    transactions: [...seed.transactions],
    contact: seed.customer,
    nextNumber: 4001,
  };
}

/** The row of that id; throws `BankRefusal` when there is none. */
export function find<T>(rows: ReadonlyMap<string, T>, id: string, what: string): T {
  const row = rows.get(id);
  if (row === undefined) throw new BankRefusal(`no ${what} \`${id}\``);
  return row;
}

/** Moves money out of an account, whole or not at all. */
export function transfer(
  bank: Bank,
  order: {
    readonly from_account: string;
    readonly beneficiary_id: string;
    readonly amount: number;
    readonly reference: string;
  },
  today: string,
): { readonly transaction: Transaction; readonly balance: number } {
  const account = find(bank.accounts, order.from_account, 'account');
  const beneficiary = find(bank.beneficiaries, order.beneficiary_id, 'beneficiary');
  if (account.balance < order.amount) throw new BankRefusal(`\`${account.id}\` does not have that much money`);
  const balance = cents(account.balance - order.amount);
  bank.accounts.set(account.id, { ...account, balance });
  const transaction = {
    id: nextId(bank, 'TX'),
    account_id: account.id,
    date: today,
    amount: -order.amount,
    counterparty: beneficiary.name,
    text: order.reference,
  };
  bank.transactions.push(transaction);
  return { transaction, balance };
}

/** The next unused id. */
export function nextId(bank: Bank, prefix: string): string {
  const id = `${prefix}-${bank.nextNumber}`;
  bank.nextNumber += 1;
  return id;
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
