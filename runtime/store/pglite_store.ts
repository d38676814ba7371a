/** The embedded database: PGlite in a thread of its own, so that a statement never blocks the event loop. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { CasaError } from '../../policies/errors.ts';
import { runDatabaseThread, type ThreadAnswer, type ThreadRequest } from './pglite_thread.ts';
import {
  type Heard,
  hintChannel,
  type Queries,
  type SqlValue,
  type Store,
  statementTimeoutMs,
  storeError,
} from './store.ts';

interface Waiting {
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: CasaError) => void;
}

/** Opens the database in `directory`, or in memory when it is null; the first statement waits for its start. */
export function openPgliteStore(directory: string | null): Store {
  return new PgliteStore(directory);
}

class PgliteStore implements Store {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #queries: Queries;
  #lastId = 0;
  /** Its start takes seconds on a busy machine, and is not held against the statement that waits for it. */
  readonly #started: Promise<unknown>;
  /** The database has one connection: whoever uses it waits for the one before. */
  #turn: Promise<unknown>;
  #failure: CasaError | null = null;
  #heard: Heard[] = [];

  constructor(directory: string | null) {
    const pglitePath = createRequire(import.meta.url).resolve('@electric-sql/pglite');
    this.#thread = new Worker(`(${runDatabaseThread.toString()})(require)`, {
      eval: true,
      workerData: { pglitePath, directory },
    });
    this.#thread.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    this.#thread.on('error', (cause) => this.#fail(storeError(cause)));
    this.#thread.on('exit', () => this.#fail(new CasaError('store_unavailable', 'the embedded database has ended')));
    this.#queries = {
      // The rows are what the SQL says: the cast is the caller's promise.
      query: async <Row>(sql: string, values: readonly SqlValue[] = []) =>
        (await this.#ask('query', sql, values)) as readonly Row[],
      script: async (sql) => {
        await this.#ask('script', sql, []);
      },
    };
    this.#started = this.#ask('script', 'select 1', []);
    this.#turn = this.#started.catch(() => undefined);
  }

  query<Row>(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#inTurn(() => this.#queries.query<Row>(sql, values));
  }

  script(sql: string): Promise<void> {
    return this.#inTurn(() => this.#queries.script(sql));
  }

  transaction<Result>(body: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      await this.#queries.script('begin');
      try {
        const result = await body(this.#queries);
        await this.#queries.script('commit');
        return result;
      } catch (error) {
        await this.#queries.script('rollback');
        throw error;
      }
    });
  }

  listen(heard: Heard): void {
    this.#heard = [...this.#heard, heard];
    if (this.#heard.length === 1) this.#inTurn(() => this.#ask('listen', hintChannel, [])).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#ask('close', '', []));
  }

  /** Runs `work` alone. A caller stops waiting at the time limit, its turn lasts until the database is really done. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    await this.#started;
    return withinTimeLimit(run);
  }

  #ask(kind: ThreadRequest['kind'], sql: string, values: readonly SqlValue[]): Promise<readonly unknown[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const request: ThreadRequest = { id: this.#lastId, kind, sql, values };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#thread.postMessage(request);
    });
  }

  #settle(answer: ThreadAnswer): void {
    if (answer.hint !== undefined) {
      for (const heard of this.#heard) heard(answer.hint);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error !== undefined) waiting?.reject(storeError(answer.error));
    else waiting?.resolve(answer.rows ?? []);
  }

  #fail(error: CasaError): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}

function withinTimeLimit<Result>(run: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new CasaError('store_unavailable', `the embedded database took longer than ${statementTimeoutMs} ms`)),
      statementTimeoutMs,
    );
    run.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
