import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, readMigrations } from './migrate.ts';
import { openStore, type StoreLocation } from './open_store.ts';
import { openPgStore } from './pg_store.ts';
import { giveHint, type Store, storeError } from './store.ts';
import { postgresMissing, type RealPostgres, startRealPostgres } from './testing/real_postgres.ts';

describe('the embedded store', () => {
  storeContract(async () => ({ location: { kind: 'memory' }, stop: async () => undefined }));

  it('keeps what was committed when it is opened again', async () => {
    const path = mkdtempSync(join(tmpdir(), 'casa-store-'));
    const first = await openStore({ kind: 'directory', path: join(path, 'db') }, 0);
    await first.query("insert into events (event_id, mas, kind, at, body) values ('e', 'm', 'flow', '', '{}')");
    await first.close();
    const second = await openStore({ kind: 'directory', path: join(path, 'db') }, 0);
    expect(await second.query('select event_id from events')).toEqual([{ event_id: 'e' }]);
    await second.close();
    rmSync(path, { recursive: true });
  });
});

describe.skipIf(postgresMissing !== null)(`a real PostgreSQL${postgresMissing ? `: ${postgresMissing}` : ''}`, () => {
  let server: RealPostgres;
  storeContract(async () => {
    server = await startRealPostgres();
    return { location: { kind: 'server', url: server.url }, stop: () => server.stop() };
  });

  it('makes transactions wait for a row that another one locked', async () => {
    const store = openPgStore(server.url);
    await store.script('create table counted (n int); insert into counted values (0)');
    const add = () =>
      store.transaction(async (queries) => {
        const [row] = await queries.query<{ n: number }>('select n from counted for update');
        await queries.query('update counted set n = $1', [(row?.n ?? 0) + 1]);
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await store.query('select n from counted')).toEqual([{ n: 8 }]);
    await store.close();
  });
});

it('takes a broken pipe for a server that is away, not for a mistake in a statement', () => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
  expect(storeError(broken).code).toBe('store_unavailable');
});

it('says store_unavailable when the server is away', async () => {
  const store = openPgStore('postgres://postgres@127.0.0.1:1/postgres');
  await expect(store.query('select 1')).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(store.transaction(async () => 1)).rejects.toMatchObject({ code: 'store_unavailable' });
  await store.close();
});

function storeContract(place: () => Promise<{ location: StoreLocation; stop: () => Promise<void> }>): void {
  let store: Store;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const opened = await place();
    stop = opened.stop;
    store = await openStore(opened.location, 1_700_000_000_000);
    await store.script('create table things (id bigint primary key, name text, bytes bytea, listed text[])');
  });
  afterAll(async () => {
    await store.close();
    await stop();
  });

  it('gives int8 as number, bytes as bytes and lists as lists', async () => {
    const at = 1_764_000_000_000;
    await store.query('insert into things values ($1, $2, $3, $4)', [
      at,
      'a\u2028b',
      Uint8Array.of(0, 255),
      ['x', 'y'],
    ]);
    const [row] = await store.query<{ id: number; name: string; bytes: Uint8Array; listed: string[] }>(
      'select * from things where id = $1',
      [at],
    );
    expect({ ...row, bytes: [...(row?.bytes ?? [])] }).toEqual({
      id: at,
      name: 'a\u2028b',
      bytes: [0, 255],
      listed: ['x', 'y'],
    });
  });

  it('keeps nothing of a transaction that throws', async () => {
    const failed = store.transaction(async (queries) => {
      await queries.query("insert into things (id, name) values (1, 'gone')");
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await store.query('select * from things where id = 1')).toEqual([]);
  });

  it('goes on after a statement that fails, inside and outside a transaction', async () => {
    await expect(store.query('select * from nowhere')).rejects.toMatchObject({ code: 'bug' });
    await expect(store.transaction((queries) => queries.query('select * from nowhere'))).rejects.toMatchObject({
      code: 'bug',
    });
    expect(await store.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('never repeats the values of a statement that fails', async () => {
    const failed = store.query("insert into things (id, name) values ('secret-value', 'x')");
    await expect(failed).rejects.toSatisfy(
      (error: Error) => !JSON.stringify([error.message, error.cause]).includes('secret'),
    );
  });

  it('isolates transactions that run at once', async () => {
    await store.query("insert into things (id, name) values (2, '0')");
    const add = () =>
      store.transaction(async (queries) => {
        const [row] = await queries.query<{ name: string }>('select name from things where id = 2 for update');
        await queries.query('update things set name = $1 where id = 2', [String(Number(row?.name) + 1)]);
      });
    await Promise.all(Array.from({ length: 10 }, add));
    expect(await store.query('select name from things where id = 2')).toEqual([{ name: '10' }]);
  });

  it('tells every listener what a committed transaction hinted at, and nothing of one that did not commit', async () => {
    const heard: (string | null)[] = [];
    store.listen((hint) => heard.push(hint));
    await new Promise((resolve) => setTimeout(resolve, 500));
    heard.length = 0;
    await store.transaction((queries) => giveHint(queries, "it's\u2028so"));
    const failed = store.transaction(async (queries) => {
      await giveHint(queries, 'never');
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow();
    await store.transaction((queries) => giveHint(queries, 'last'));
    await expect.poll(() => heard).toEqual(["it's\u2028so", 'last']);
  });

  it('migrates once, and twice is once', async () => {
    const before = await store.query('select * from schema_migrations');
    await migrate(store, readMigrations(), 5);
    expect(await store.query('select * from schema_migrations')).toEqual(before);
  });

  it('refuses a migration that was changed after it was applied', async () => {
    const changed = readMigrations().map((migration) => ({ ...migration, sql: `${migration.sql} -- changed` }));
    await expect(migrate(store, changed, 5)).rejects.toMatchObject({ code: 'store_migration_failed' });
  });

  it('refuses a database that is newer than the program', async () => {
    await expect(migrate(store, [], 5)).rejects.toMatchObject({ code: 'store_migration_failed' });
  });

  it('applies nothing of a set of migrations in which one fails', async () => {
    const broken = [
      ...readMigrations(),
      { version: 9001, name: '9001_good.sql', sql: 'create table half (n int)' },
      { version: 9002, name: '9002_bad.sql', sql: 'create nonsense' },
    ];
    await expect(migrate(store, broken, 5)).rejects.toMatchObject({ code: 'store_migration_failed' });
    await expect(store.query('select * from half')).rejects.toMatchObject({ code: 'bug' });
  });
}
