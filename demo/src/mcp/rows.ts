/** The rows of the bank's books. */

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly balance: number;
}
export interface Beneficiary {
  readonly id: string;
  readonly name: string;
  readonly iban: string;
}
export interface ScheduledPayment {
  readonly id: string;
  readonly from_account: string;
  readonly beneficiary_id: string;
  readonly amount: number;
  readonly date: string;
  readonly reference: string;
}
export interface Transaction {
  readonly id: string;
  readonly account_id: string;
  readonly date: string;
  readonly amount: number;
  readonly counterparty: string;
  readonly text: string;
}

export interface Contact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}
