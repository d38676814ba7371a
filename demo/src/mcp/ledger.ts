import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

/** One executed tool call, as the bank's own books of record keep it. */
export interface LedgerRow {
  /** RFC 3339. */
  readonly at: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly ok: boolean;
  /** Lower-case hex SHA-256 of the result's JSON. */
  readonly result_digest: string;
  /** The request's `x-request-id`. */
  readonly request_id: string | null;
}

/** An append-only NDJSON file: a row is written before its call is answered. */
export class Ledger {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o644);
  }

  append(row: LedgerRow): void {
    writeSync(this.#file, `${JSON.stringify(row)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** SHA-256 of a result, so that the ledger proves what was answered without repeating it. */
export function digest(result: unknown): string {
  return createHash('sha256').update(JSON.stringify(result)).digest('hex');
}
