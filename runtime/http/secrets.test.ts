import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../policies/wire.ts';
import { bank } from './testing/bank.ts';
import { delegate, exchangeCall, granted, select, startSession } from './testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from './testing/test_runtime.ts';

let runtime: TestRuntime;
let mas: TestMas;
const given: string[] = [];

beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
  const session = await startSession(mas, 'teller', 'my secret wish');
  await select(mas, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
  const call = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
  const tool = granted(await exchangeCall(mas, call));
  const handed = granted(await delegate(mas, 'teller', session.access_token, 'helper'));
  given.push(session.access_token, tool.access_token, handed.access_token);
  await exchangeCall(mas, call);
  await mas.pep('ledger').form(paths.introspect, { token: tool.access_token });
  await mas.pep('teller').json(paths.events, {
    events: [
      {
        event_id: 'careless',
        mas: mas.mas,
        session_id: session.session_id,
        at: new Date(0).toISOString(),
        trace_id: null,
        token_hash: null,
        kind: 'tool_call',
        caller: 'teller',
        callee: { app: 'ledger' },
        arguments: { note: `Bearer ${tool.access_token}` },
      },
    ],
  });
  await runtime.parts.events.flush();
});
afterAll(() => runtime.close());

/** Every row of every table as text. */
async function dump(): Promise<string> {
  const { store } = runtime.parts;
  const tables = await store.query<{ tablename: string }>(
    "select tablename from pg_tables where schemaname = 'public'",
  );
  const rows = await Promise.all(
    tables.map(({ tablename }) => store.query(`select ${tablename}::text as row from ${tablename}`)),
  );
  return JSON.stringify(rows);
}

/** The parts of a token that no other text has. */
function traces(token: string): readonly string[] {
  const [, payload = '', signature = ''] = token.split('.');
  return [payload, signature];
}

describe('a raw token', () => {
  it('is in no table, though an event carried one', async () => {
    const text = await dump();
    expect(text).toContain('careless');
    for (const part of given.flatMap(traces)) expect(text).not.toContain(part);
  });

  it('would be found if it were there', async () => {
    await runtime.parts.store.query(
      "insert into events (event_id, mas, kind, at, body) values ('planted', 'm', 'flow', '', $1)",
      [given[0] ?? ''],
    );
    const text = await dump();
    expect(traces(given[0] ?? '').every((part) => text.includes(part))).toBe(true);
    await runtime.parts.store.query("delete from events where event_id = 'planted'");
  });

  it('is in no log line, and neither is a prompt', () => {
    const text = runtime.logged.join('');
    expect(runtime.logged.length).toBeGreaterThan(5);
    for (const part of [...given.flatMap(traces), 'my secret wish', 'Bearer']) expect(text).not.toContain(part);
  });

  it('is censored in a log line that a mistake would put it in', () => {
    const before = runtime.logged.length;
    runtime.app.log.info({ body: { user_input: 'my secret wish' }, form: { subject_token: given[0] } }, 'a mistake');
    expect(runtime.logged[before]).toContain('a mistake');
    expect(runtime.logged[before]).not.toMatch(/wish|eyJ/);
  });
});

describe('a private key', () => {
  it('is in the store only encrypted', async () => {
    const rows = await runtime.parts.store.query<{ private_jwk_encrypted: Uint8Array }>('select * from signing_keys');
    expect(rows).toHaveLength(1);
    expect(Buffer.from(rows[0]?.private_jwk_encrypted ?? []).toString('latin1')).not.toContain('"d"');
  });
});

describe('the trace', () => {
  it('has what happened, with hashes for tokens', async () => {
    const { events } = (await runtime.admin('GET', '/trace?mas=bank.demo')).json();
    expect(events.map((event: { kind: string }) => event.kind)).toEqual([
      'policy_changed',
      'session_started',
      'token_issued',
      'token_exchanged',
      'token_exchanged',
      'token_exchanged',
      'tool_call',
    ]);
    expect(events[2].token_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(events.map((event: { decision?: { reason: string } }) => event.decision?.reason)).toContain(
      'selection_consumed',
    );
  });

  it('is read page by page', async () => {
    const first = (await runtime.admin('GET', '/trace?mas=bank.demo&limit=3')).json();
    const second = (await runtime.admin('GET', `/trace?mas=bank.demo&limit=10&after=${first.next}`)).json();
    expect([first.events.length, second.events.length, second.next]).toEqual([3, 4, null]);
  });

  it('of a session never holds what another system says of it', async () => {
    const other = await runtime.install(bank('other'));
    const { events } = (await runtime.admin('GET', '/trace?mas=bank.demo')).json();
    const session = events[1].session_id;
    const intruding = { ...events[6], event_id: 'intruder', mas: other.mas };
    expect((await other.pep('teller').json(paths.events, { events: [intruding] })).statusCode).toBe(200);
    const page = (await runtime.admin('GET', `/trace/${session}`)).json();
    expect(page.events.map((event: { mas: string }) => event.mas)).toEqual(Array(6).fill('bank.demo'));
  });

  it('stores an event once, however often it is sent', async () => {
    const { events } = (await runtime.admin('GET', '/trace?mas=bank.demo')).json();
    await mas.pep('teller').json(paths.events, { events: [events[6], events[6]] });
    const after = (await runtime.admin('GET', '/trace?mas=bank.demo')).json();
    expect(after.events).toHaveLength(events.length);
  });
});
