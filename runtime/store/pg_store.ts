/** A PostgreSQL server, by URL. */
import pg from 'pg';
import { PgListener } from './pg_listener.ts';
import { type Heard, type Queries, type SqlValue, type Store, statementTimeoutMs, storeError } from './store.ts';

const connectionsMax = 10;
const int8 = 20;

/** Opens a pool; connections are made when they are needed, so a server that is away shows at the first statement. */
export function openPgStore(databaseUrl: string, timeoutMs = statementTimeoutMs): Store {
  return new PgStore(databaseUrl, timeoutMs);
}

class PgStore implements Store {
  readonly #databaseUrl: string;
  readonly #pool: pg.Pool;
  readonly #listeners: PgListener[] = [];

  constructor(connectionString: string, timeoutMs: number) {
    this.#databaseUrl = connectionString;
    const types = new pg.TypeOverrides();
    types.setTypeParser(int8, Number);
    this.#pool = new pg.Pool({
      connectionString,
      types,
      max: connectionsMax,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + 1_000,
      idle_in_transaction_session_timeout: 2 * timeoutMs,
    });
    // An idle connection that breaks is replaced by the pool: the next statement says whether the server is away.
    this.#pool.on('error', () => undefined);
    // The same while somebody has it: between two statements nobody else listens, and an unheard error ends the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  query<Row>(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]> {
    return queriesOn(this.#pool).query<Row>(sql, values);
  }

  script(sql: string): Promise<void> {
    return queriesOn(this.#pool).script(sql);
  }

  async transaction<Result>(body: (queries: Queries) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((cause: unknown) => Promise.reject(storeError(cause)));
    const queries = queriesOn(client);
    let broken = false;
    try {
      await queries.script('begin');
      const result = await body(queries);
      await queries.script('commit');
      return result;
    } catch (error) {
      await queries.script('rollback').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  listen(heard: Heard): void {
    this.#listeners.push(new PgListener(this.#databaseUrl, heard));
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#pool.end();
  }
}

function queriesOn(connection: pg.Pool | pg.PoolClient): Queries {
  return {
    async query<Row>(sql: string, values: readonly SqlValue[] = []) {
      try {
        // Buffers are what the driver sends as bytea. The rows are what the SQL says: the cast is the caller's promise.
        const sent = values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
        return (await connection.query(sql, sent)).rows as readonly Row[];
      } catch (cause) {
        throw storeError(cause);
      }
    },
    async script(sql) {
      try {
        await connection.query(sql);
      } catch (cause) {
        throw storeError(cause);
      }
    },
  };
}
