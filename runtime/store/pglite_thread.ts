/** What runs in the thread of the embedded database. */

export interface ThreadRequest {
  readonly id: number;
  readonly kind: 'query' | 'script' | 'listen' | 'close';
  /** The channel, when it listens. */
  readonly sql: string;
  readonly values: readonly unknown[];
}
export interface ThreadAnswer {
  readonly id: number;
  readonly rows?: readonly unknown[];
  readonly error?: { readonly message: string; readonly code: string | null };
  /** Given instead of an answer: what a committed transaction notified. */
  readonly hint?: string;
}

/** The parts of PGlite that are used; its own types belong to its ES module, which the thread cannot name. */
interface Database {
  query(sql: string, values: readonly unknown[], options: unknown): Promise<{ readonly rows: readonly unknown[] }>;
  exec(sql: string): Promise<unknown>;
  listen(channel: string, heard: (hint: string) => void): Promise<unknown>;
  close(): Promise<void>;
}
interface Port {
  on(event: 'message', listener: (request: ThreadRequest) => void): void;
  postMessage(answer: ThreadAnswer): void;
  close(): void;
}

/**
 * The thread's whole program. It is sent as text, because Node 20 reads no TypeScript and a thread has no bundler: so it
 * may use nothing but its arguments.
 */
export function runDatabaseThread(require: (name: string) => unknown): void {
  // The three casts name what `require` gives for these modules.
  const { parentPort, workerData } = require('node:worker_threads') as {
    parentPort: Port;
    workerData: { readonly pglitePath: string; readonly directory: string | null };
  };
  const { PGlite } = require(workerData.pglitePath) as {
    PGlite: { create(directory?: string): Promise<Database> };
  };
  const opened = PGlite.create(workerData.directory ?? undefined);
  const int8 = 20;
  const options = { parsers: { [int8]: Number } };

  async function run(request: ThreadRequest): Promise<readonly unknown[]> {
    const database = await opened;
    if (request.kind === 'query') return (await database.query(request.sql, request.values, options)).rows;
    if (request.kind === 'close') await database.close();
    else if (request.kind === 'script') await database.exec(request.sql);
    else await database.listen(request.sql, (hint) => parentPort.postMessage({ id: 0, hint }));
    return [];
  }

  parentPort.on('message', (request) => {
    run(request).then(
      (rows) => {
        parentPort.postMessage({ id: request.id, rows });
        if (request.kind === 'close') parentPort.close();
      },
      (error: { message?: string; code?: string }) => {
        const answer = { message: String(error.message), code: error.code ?? null };
        parentPort.postMessage({ id: request.id, error: answer });
      },
    );
  });
}
