/** The one port to PostgreSQL: the same SQL on an embedded and on a real one. */
import { CasaError } from '../../policies/errors.ts';

/** JSON goes in and comes out as text: PostgreSQL's own JSON types refuse what hostile prompts may hold. */
export type SqlValue = null | boolean | number | string | Uint8Array | readonly string[] | readonly number[];

export interface Queries {
  /** Runs one statement and gives its rows; the caller's `Row` is what its SQL promises. `int8` arrives as number. */
  query<Row>(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs many statements without values. */
  script(sql: string): Promise<void>;
}

export interface Store extends Queries {
  /** Commits what `body` did, or nothing of it when it throws. */
  transaction<Result>(body: (queries: Queries) => Promise<Result>): Promise<Result>;
  /**
   * Tells of hints that committed transactions gave (`giveHint`), until `close`. They may be lost: whoever needs to know reads
   * the store now and then as well, and at once when `heard` is called with null, which says that some may have been.
   */
  listen(heard: Heard): void;
  close(): Promise<void>;
}

export type Heard = (hint: string | null) => void;

/** The channel of LISTEN and NOTIFY. */
export const hintChannel = 'casa';

/** Wakes every replica that listens to this database, once the transaction is committed. */
export async function giveHint(queries: Queries, hint: string): Promise<void> {
  await queries.query('select pg_notify($1, $2)', [hintChannel, hint]);
}

/** Rows in one statement: a larger one blocks an embedded database for too long. */
export const rowsPerStatementMax = 100;
/** What one statement may take, its wait for the database included. */
export const statementTimeoutMs = 5_000;

/** Splits rows into statements of allowed size. */
export function inBatches<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += rowsPerStatementMax) {
    batches.push(items.slice(start, start + rowsPerStatementMax));
  }
  return batches;
}

/** SQLSTATE classes that say the database is away, or that the transaction lost to another, not that the statement is wrong. */
const awayClasses = new Set(['08', '40', '53', '57', '58']);

/** Wraps what a database driver threw: away, or a mistake in a statement. The statement's values are never repeated. */
export function storeError(cause: unknown): CasaError {
  if (cause instanceof CasaError) return cause;
  const code = sqlState(cause);
  if (code !== null && !awayClasses.has(code.slice(0, 2))) return new CasaError('bug', `statement failed: ${code}`);
  return new CasaError('store_unavailable', 'the database did not answer', { cause });
}

/** The five characters of SQLSTATE, or null for errors that are not PostgreSQL's: `EPIPE` is the system's. */
function sqlState(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || 'syscall' in cause) return null;
  return typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : null;
}
