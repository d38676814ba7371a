/** Listening on a PostgreSQL server: one connection of its own, made again whenever it is lost. */
import pg from 'pg';
import { type Heard, hintChannel, statementTimeoutMs } from './store.ts';

export const reconnectDelayMs = 500;

export class PgListener {
  readonly #databaseUrl: string;
  readonly #heard: Heard;
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(databaseUrl: string, heard: Heard) {
    this.#databaseUrl = databaseUrl;
    this.#heard = heard;
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      connectionTimeoutMillis: statementTimeoutMs,
      query_timeout: statementTimeoutMs,
      keepAlive: true,
    });
    this.#client = client;
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''));
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query(`listen ${hintChannel}`);
      // What was said while nobody listened is lost.
      if (this.#client === client) this.#heard(null);
    } catch {
      this.#lost(client);
    }
  }

  /** A connection says more than once that it is lost. */
  #lost(client: pg.Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = null;
    client.end().catch(() => undefined);
    this.#timer = setTimeout(() => void this.#connect(), reconnectDelayMs);
  }
}
