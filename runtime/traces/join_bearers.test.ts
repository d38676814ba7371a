import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../policies/canonical.ts';
import { sipHashHex } from '../../policies/sip_hash.ts';
import type { TracePage } from '../../policies/trace.ts';
import { paths, type TokenHashKey } from '../../policies/wire.ts';
import { bank } from '../http/testing/bank.ts';
import { exchangeCall, granted, select, startSession } from '../http/testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime, testAdminToken } from '../http/testing/test_runtime.ts';
import { pruneExpired } from '../store/prune.ts';

describe('a bearer token that a kernel saw', () => {
  let runtime: TestRuntime;
  let shop: TestMas;
  let other: TestMas;
  let key: Buffer;

  beforeAll(async () => {
    runtime = await startTestRuntime();
    shop = await runtime.install(bank('shop'));
    other = await runtime.install(bank('other'));
    const answer = await shop.pep('teller').get(paths.tokenHashKey);
    key = Buffer.from(answer.json<TokenHashKey>().key, 'hex');
  });
  afterAll(() => runtime.close());

  const flowOf = (mas: TestMas, token: string) => ({
    kind: 'flow',
    event_id: randomUUID(),
    mas: mas.mas,
    session_id: null,
    at: '2026-01-01T00:00:00.000Z',
    trace_id: null,
    token_hash: null,
    app: 'teller',
    destination: '192.0.2.1',
    port: 8080,
    proto: 'tcp',
    command: '',
    verdict: 'allow',
    bearer: { keyed_hash: sipHashHex(key, Buffer.from(token)), bytes: token.length, source_port: 40_000 },
  });

  async function flowsOf(session: string) {
    const url = `${paths.trace}/${session}`;
    const page = await runtime.app.inject({ url, headers: { authorization: `Bearer ${testAdminToken}` } });
    return page.json<TracePage>().events.filter(({ kind }) => kind === 'flow');
  }

  it('is stored in its session with its hash and trace id, a retried one too', async () => {
    const session = await startSession(shop);
    const call = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a' } };
    await select(shop, 'teller', session.session_id, [[call.tool, call.arguments]]);
    const first = granted(await exchangeCall(shop, { ...call, callId: '1' })).access_token;
    const again = granted(await exchangeCall(shop, { ...call, callId: '1' })).access_token;
    const tokens = [session.access_token, first, again];
    expect(new Set(tokens).size).toBe(3);
    const told = await shop.pep('teller').json(paths.events, { events: tokens.map((token) => flowOf(shop, token)) });
    expect(told.json()).toEqual({ stored: 3 });
    const { session_id, trace_id } = session;
    const joined = tokens.map((token) => ({ session_id, trace_id, token_hash: sha256Hex(token) }));
    expect(await flowsOf(session_id)).toMatchObject(joined);
  });

  it("is nobody's when the runtime did not make it, or made it for another system", async () => {
    const { access_token, session_id } = await startSession(other);
    const events = [flowOf(shop, access_token), flowOf(shop, 'an-api-key')];
    expect((await shop.pep('teller').json(paths.events, { events })).json()).toEqual({ stored: 0 });
    expect(await flowsOf(session_id)).toEqual([]);
  });

  it('is refused when its hash is none', async () => {
    const flow = { ...flowOf(shop, 'x'), bearer: { keyed_hash: "' or true", bytes: 1, source_port: 1 } };
    expect((await shop.pep('teller').json(paths.events, { events: [flow] })).statusCode).toBe(400);
  });

  it('is forgotten with its grant', async () => {
    await pruneExpired(runtime.parts.store, runtime.clock.ms + 10 * 3_600_000);
    expect(await runtime.parts.store.query('select * from token_hashes')).toEqual([]);
  });

  it('is hashed under a key that nobody reads without being an enforcement point, and no log line has', async () => {
    const { statusCode } = await runtime.app.inject({ url: paths.tokenHashKey });
    expect({ statusCode, bytes: key.length }).toEqual({ statusCode: 401, bytes: 16 });
    expect(runtime.logged.join('')).not.toContain(key.toString('hex'));
  });
});
