import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pepOf } from './pep.ts';
import { because, obstacle, Stack, template } from './stack.ts';

const skipped = obstacle();
const agents = ['casa-demo-agent', 'casa-demo-agent-compromised'];
/** Three base64url parts, the first two of which begin as JSON objects do. */
const jwt = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;
/** A private key's own member of a JWK. */
const privateKey = /"d"\s*:\s*"[\w-]{43}"/;
/** Files that are secrets: they are there to be read by root only, and say so by their mode. */
const secretFiles = ['admin.token', 'db.key', 'node-agent.key.json'];

/** Every file below the folder, with its bytes as Latin-1, so that patterns are found in binary files too. */
function files(folder: string): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !secretFiles.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, text: readFileSync(path, 'latin1') }));
}

function holding(folder: string, isSecret: (text: string) => boolean): readonly string[] {
  return files(folder)
    .filter(({ text }) => isSecret(text))
    .map(({ path }) => path);
}

describe.skipIf(skipped !== null)(`after conversations with both agents${because(skipped)}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.open();
    for (const agent of agents) {
      const url = `{"${agent}": "${template(`url:${agent}`)}"}`;
      const answers = `${template('out')}/${agent}.jsonl`;
      const words = { AGENT: agent, PROMPT: 'Show me my saved beneficiaries', LOOP_SECONDS: '2' };
      const code = await stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], {
        ...words,
        AGENT_URLS: url,
        ANSWERS: answers,
      });
      expect(code).toBe(0);
    }
    expect(stack.ledger().length).toBeGreaterThan(0);
  }, 120_000);
  afterAll(() => stack?.close());

  test('those that are secrets can be read by their owner only', () => {
    const found = readdirSync(stack.folder, { recursive: true, withFileTypes: true }).filter(({ name }) =>
      secretFiles.includes(name),
    );
    const open = found.filter(({ parentPath, name }) => (statSync(join(parentPath, name)).mode & 0o077) !== 0);
    expect(open.map(({ name }) => name)).toEqual([]);
    expect(found.map(({ name }) => name)).toContain('admin.token');
  });

  test('no log, access log, database file or output holds a token', () => {
    expect(files(stack.folder).length).toBeGreaterThan(20);
    expect(holding(stack.folder, (text) => jwt.test(text))).toEqual([]);
  });

  test('none of them holds a private key or the management token', () => {
    const { adminToken } = stack;
    expect(holding(stack.folder, (text) => privateKey.test(text) || text.includes(adminToken))).toEqual([]);
  });

  test('the events as the API gives them hold no token either', async () => {
    const answer = await fetch(`${stack.state.runtimeUrl}/trace?limit=1000`, {
      headers: { authorization: `Bearer ${stack.adminToken}` },
    });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).toContain('"token_exchanged"');
    expect(text).not.toMatch(jwt);
  });

  test('a token and a key that are planted are found', async () => {
    const pep = await pepOf(stack, agents[0] ?? '');
    const planted = { log: join(stack.out('bank-client'), 'planted.log'), key: join(stack.folder, 'planted.bin') };
    writeFileSync(planted.log, `GET /mcp authorization: Bearer ${await pep.intentToken()}\n`);
    writeFileSync(planted.key, Buffer.concat([Buffer.alloc(64), Buffer.from(`{"d":"${'A'.repeat(43)}"}`)]));
    expect(holding(stack.folder, (text) => jwt.test(text))).toEqual([planted.log]);
    expect(holding(stack.folder, (text) => privateKey.test(text))).toEqual([planted.key]);
  });

  test('what SQL gives of the database holds no token, private key or management token', async () => {
    const { adminToken } = stack;
    await stack.run.close(false);
    // The files may hold a value compressed: read by the database itself it is plain.
    const store = await PGlite.create(join(stack.run.places.state, 'db'));
    try {
      const tables = await readTables(store);
      expect(tables.get('events') ?? '').toContain('token_exchanged');
      const isSecret = (text: string) => jwt.test(text) || privateKey.test(text) || text.includes(adminToken);
      expect([...tables].filter(([, text]) => isSecret(text)).map(([name]) => name)).toEqual([]);
      await store.query('create table planted (text text)');
      await store.query('insert into planted values ($1)', [`{"d":"${'A'.repeat(43)}"}`]);
      expect([...(await readTables(store))].filter(([, text]) => isSecret(text)).map(([name]) => name)).toEqual([
        'planted',
      ]);
    } finally {
      await store.close();
    }
  });
});

/** Each table's rows as text. */
async function readTables(store: PGlite): Promise<ReadonlyMap<string, string>> {
  const { rows } = await store.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  const tables = new Map<string, string>();
  for (const { name } of rows) {
    const read = await store.query<{ row: string }>(`select to_jsonb(t)::text as row from "${name}" t`);
    // A text column that holds JSON has its quotes escaped.
    tables.set(name, read.rows.map(({ row }) => row.replaceAll('\\"', '"')).join('\n'));
  }
  return tables;
}
