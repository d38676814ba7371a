import { type Bank, BankRefusal, find, nextId, transfer } from './bank.ts';

/** Arguments that were already held against the tool's schema. */
export interface ToolArguments {
  readonly [name: string]: string | number | undefined;
}

type Execute = (bank: Bank, args: ToolArguments, today: string) => unknown;

const euroRates: { readonly [currency: string]: number } = { EUR: 1, USD: 1.08, GBP: 0.85, CHF: 0.94 };
const transactionsDefault = 10;

const reads: { readonly [tool: string]: Execute } = {
  get_account_summary: (bank) => {
    const totals: { [currency: string]: number } = {};
    for (const { currency, balance } of bank.accounts.values()) totals[currency] = (totals[currency] ?? 0) + balance;
    return { customer: bank.contact.name, accounts: bank.accounts.size, totals };
  },
  list_accounts: (bank) => [...bank.accounts.values()].map(({ id, name, currency }) => ({ id, name, currency })),
  get_balance: (bank, args) => find(bank.accounts, text(args, 'account_id'), 'account'),
  list_transactions: (bank, args) => {
    const { id } = find(bank.accounts, text(args, 'account_id'), 'account');
    const limit = typeof args.limit === 'number' ? args.limit : transactionsDefault;
    return bank.transactions
      .filter((row) => row.account_id === id)
      .reverse()
      .slice(0, limit);
  },
  search_transactions: (bank, args) => {
    const query = text(args, 'query').toLowerCase();
    return bank.transactions.filter((row) => `${row.counterparty} ${row.text}`.toLowerCase().includes(query));
  },
  list_beneficiaries: (bank) => [...bank.beneficiaries.values()],
  list_scheduled_payments: (bank) => [...bank.scheduledPayments.values()],
  get_exchange_rate: (_bank, args) => {
    const [from, to] = [text(args, 'from'), text(args, 'to')];
    const [fromRate, toRate] = [euroRates[from], euroRates[to]];
    if (fromRate === undefined || toRate === undefined) throw new BankRefusal('no rate for that pair');
    return { from, to, rate: Number((toRate / fromRate).toFixed(4)) };
  },
};

const writes: { readonly [tool: string]: Execute } = {
  transfer_funds: (bank, args, today) => transfer(bank, order(args), today),
  schedule_payment: (bank, args) => {
    const wish = { ...order(args), date: text(args, 'date') };
    find(bank.accounts, wish.from_account, 'account');
    find(bank.beneficiaries, wish.beneficiary_id, 'beneficiary');
    const payment = { id: nextId(bank, 'PAY'), ...wish };
    bank.scheduledPayments.set(payment.id, payment);
    return payment;
  },
  cancel_scheduled_payment: (bank, args) => {
    const payment = find(bank.scheduledPayments, text(args, 'payment_id'), 'scheduled payment');
    bank.scheduledPayments.delete(payment.id);
    return { cancelled: payment.id };
  },
  add_external_beneficiary: (bank, args) => {
    const beneficiary = { id: nextId(bank, 'BEN'), name: text(args, 'name'), iban: text(args, 'iban') };
    bank.beneficiaries.set(beneficiary.id, beneficiary);
    return beneficiary;
  },
  update_contact_details: (bank, args) => {
    const { email, phone } = { ...bank.contact, ...args };
    bank.contact = { ...bank.contact, email: String(email), phone: String(phone) };
    return bank.contact;
  },
};

/** Carries the call out on the books and gives its result; throws `BankRefusal` when the bank will not. */
export function callTool(bank: Bank, tool: string, args: ToolArguments, today: string): unknown {
  const execute = reads[tool] ?? writes[tool];
  if (execute === undefined) throw new BankRefusal(`no tool \`${tool}\``);
  return execute(bank, args, today);
}

function order(args: ToolArguments) {
  return {
    from_account: text(args, 'from_account'),
    beneficiary_id: text(args, 'beneficiary_id'),
    amount: Number(args.amount),
    reference: typeof args.reference === 'string' ? args.reference : '',
  };
}

function text(args: ToolArguments, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new BankRefusal(`\`${name}\` is missing`);
  return value;
}
