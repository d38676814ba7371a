import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDigest } from '../../policies/canonical.ts';
import {
  accessTokenType,
  grantTypes,
  type IntrospectionResponse,
  paths,
  type TokenClaims,
} from '../../policies/wire.ts';
import { bank } from './testing/bank.ts';
import { delegate, exchangeCall, granted, refusal, select, startSession } from './testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime, testBaseUrl } from './testing/test_runtime.ts';

let runtime: TestRuntime;
let mas: TestMas;

beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
});
afterAll(() => runtime.close());

describe('from a prompt to a tool token', () => {
  it('a session starts with an intent token for the entry and the ceiling of its reach', async () => {
    const session = await startSession(mas);
    expect(decodeJwt<TokenClaims>(session.access_token)).toMatchObject({
      iss: `${testBaseUrl}/bank.demo`,
      aud: 'teller',
      sub: 'urn:casa:outside',
      client_id: 'bank.demo/teller',
      session_id: session.session_id,
      scope: 'user-input call-agents call-tools',
      tools: ['archive/search', 'ledger/balance', 'ledger/pay', 'ledger/tip'],
      trace_id: session.trace_id,
    });
    expect(decodeProtectedHeader(session.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  });

  it('a selected call is exchanged for a token of that call only', async () => {
    const session = await startSession(mas);
    await select(mas, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
    const token = granted(await exchangeCall(mas, step));
    expect(decodeJwt<TokenClaims>(token.access_token)).toMatchObject({
      aud: 'ledger',
      act: { sub: 'teller' },
      scope: 'call-tools',
      tools: ['ledger/balance'],
      call_digest: callDigest('ledger/balance', { account: 'a1' }),
      session_id: session.session_id,
      trace_id: session.trace_id,
    });
    expect(token.expires_in).toBe(300);
  });

  it('the reasons of a refusal tell the cases apart', async () => {
    const session = await startSession(mas);
    const step = {
      app: 'teller',
      token: session.access_token,
      tool: 'ledger/pay',
      arguments: { to: 'bob', amount: 5 },
    };
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'no_llm_calls_made_by_app']);
    await select(mas, 'teller', session.session_id, []);
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'tool_not_selected_by_llm']);
    await select(mas, 'teller', session.session_id, [['ledger/pay', { to: 'bob', amount: 5 }]]);
    const changed = { ...step, arguments: { to: 'mallory', amount: 5 } };
    expect(refusal(await exchangeCall(mas, changed))).toEqual([403, 'selection_arguments_differ']);
    granted(await exchangeCall(mas, step));
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'selection_consumed']);
  });

  it('a delegation narrows to what the callee can reach, and its tool calls carry both actors', async () => {
    const session = await startSession(mas);
    const handed = granted(await delegate(mas, 'teller', session.access_token, 'helper'));
    expect(handed.tools).toEqual(['archive/search']);
    await select(mas, 'helper', session.session_id, [['archive/search', { q: 'x' }]]);
    const step = { app: 'helper', token: handed.access_token, tool: 'archive/search', arguments: { q: 'x' } };
    const token = granted(await exchangeCall(mas, step));
    expect(decodeJwt<TokenClaims>(token.access_token).act).toEqual({ sub: 'helper', act: { sub: 'teller' } });
  });

  it('the exchange is the same by the grant at the token endpoint', async () => {
    const session = await startSession(mas);
    const form = {
      grant_type: grantTypes.tokenExchange,
      subject_token: session.access_token,
      subject_token_type: accessTokenType,
      audience: 'helper',
      protocol: 'a2a',
      operation: 'SendMessage',
      decision_id: 'd1',
    };
    const handed = granted(await mas.pep('teller').form(paths.token, form));
    expect(handed).toMatchObject({ tools: ['archive/search'], issued_token_type: accessTokenType, decision_id: 'd1' });
  });

  it('a token is traded by the app it was minted for only', async () => {
    const session = await startSession(mas);
    const step = { app: 'helper', token: session.access_token, tool: 'archive/search', arguments: {} };
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'audience_mismatch']);
  });

  it('limits of a rule are counted by call and by sum', async () => {
    const session = await startSession(mas);
    const pay = async (amount: number) => {
      await select(mas, 'teller', session.session_id, [['ledger/pay', { to: 'bob', amount }]]);
      const step = { app: 'teller', token: session.access_token, tool: 'ledger/pay', arguments: { to: 'bob', amount } };
      return exchangeCall(mas, step);
    };
    granted(await pay(60));
    expect(refusal(await pay(50))).toEqual([403, 'limit_exceeded']);
    granted(await pay(40));
    expect(refusal(await pay(0))).toEqual([403, 'limit_exceeded']);
  });

  it('a retry within 60 s gets the same token id and uses up nothing more; another call id is a second call', async () => {
    const session = await startSession(mas);
    const pay = { to: 'bob', amount: 60 };
    await select(mas, 'teller', session.session_id, [['ledger/pay', pay]]);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/pay', arguments: pay, callId: '1' };
    const first = decodeJwt(granted(await exchangeCall(mas, step)).access_token);
    runtime.clock.ms += 30_000;
    const again = decodeJwt(granted(await exchangeCall(mas, step)).access_token);
    expect(again).toEqual(first);
    const second = await exchangeCall(mas, { ...step, callId: '2' });
    expect(refusal(second)).toEqual([403, 'limit_exceeded']);
    runtime.clock.ms += 31_000;
    expect((await exchangeCall(mas, step)).statusCode).toBe(403);
  });

  it('of twenty exchanges of one selection at once exactly one gets a token', async () => {
    const session = await startSession(mas);
    await select(mas, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => exchangeCall(mas, { ...step, callId: String(index) })),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(19).fill(403)]);
  });

  it('a client calls a tool directly: its session is that call', async () => {
    const response = await mas.pep('web').form(paths.token, {
      grant_type: 'client_credentials',
      user_input: 'balance of a1',
      audience: 'ledger',
      caller: 'web',
      tools: 'ledger/balance',
      arguments: '{"account":"a1"}',
      decision_id: 'd1',
    });
    expect(decodeJwt<TokenClaims>(response.json().access_token)).toMatchObject({
      aud: 'ledger',
      sub: 'web',
      tools: ['ledger/balance'],
      call_digest: callDigest('ledger/balance', { account: 'a1' }),
    });
  });

  it('an app token is for discovery of allowed callees only', async () => {
    const ask = (app: string, audience: string) =>
      mas.pep(app).form(paths.token, {
        grant_type: 'client_credentials',
        scope: 'discover',
        audience,
        decision_id: 'd1',
      });
    const token = (await ask('teller', 'ledger')).json();
    expect(token).toMatchObject({ scope: 'discover', session_id: '' });
    expect(decodeJwt(token.access_token)).toMatchObject({
      aud: 'ledger',
      scope: 'discover',
      tools: [],
      session_id: '',
    });
    expect(refusal(await ask('helper', 'ledger'))).toEqual([403, 'destination_not_allowed']);
  });
});

describe('introspection and revocation', () => {
  const introspect = async (token: string, of = mas): Promise<IntrospectionResponse> =>
    (await of.pep('ledger').form(paths.introspect, { token })).json();

  it('a revoked session ends every token of it, and the feed says so', async () => {
    const session = await startSession(mas);
    const handed = granted(await delegate(mas, 'teller', session.access_token, 'helper'));
    expect(await introspect(handed.access_token)).toMatchObject({ active: true, aud: 'helper' });
    const before = (await mas.pep('ledger').get(paths.revocations(mas.mas))).json<{ sequence: number }>();
    const revoked = await mas.pep('teller').form(paths.revoke, { token: session.access_token });
    expect(revoked.statusCode).toBe(200);
    expect(await introspect(session.access_token)).toEqual({ active: false });
    expect(await introspect(handed.access_token)).toEqual({ active: false });
    const step = { app: 'helper', token: handed.access_token, tool: 'archive/search', arguments: {} };
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'session_revoked']);
    const selected = await select(mas, 'teller', session.session_id, []);
    expect([selected.statusCode, selected.json().reason]).toEqual([403, 'session_revoked']);
    const feed = await mas.pep('ledger').get(`${paths.revocations(mas.mas)}?after=${before.sequence}`);
    expect(feed.json()).toEqual({
      sequence: before.sequence + 1,
      revoked: [{ session_id: session.session_id, sequence: before.sequence + 1 }],
    });
  });

  it('the feed answers a waiting point as soon as a session is revoked', async () => {
    const session = await startSession(mas);
    const { sequence } = (await mas.pep('ledger').get(paths.revocations(mas.mas))).json<{ sequence: number }>();
    const waiting = mas.pep('ledger').get(`${paths.revocations(mas.mas)}?after=${sequence}`, { prefer: 'wait=10' });
    await runtime.admin('DELETE', `/sessions/${session.session_id}`);
    expect((await waiting).json().revoked).toEqual([{ session_id: session.session_id, sequence: sequence + 1 }]);
  });

  it('an expired token, a token of another system and a forged one are inactive, and nothing more is said', async () => {
    const other = await runtime.install(bank('other'));
    const foreign = await startSession(other);
    const session = await startSession(mas);
    expect(await introspect(session.access_token)).toMatchObject({ active: true });
    const [header, payload] = session.access_token.split('.');
    const forged = `${header}.${payload}.${foreign.access_token.split('.')[2]}`;
    for (const bad of [foreign.access_token, forged, '', 'x', `${session.access_token}x`]) {
      expect(await introspect(bad)).toEqual({ active: false });
    }
    const step = { app: 'teller', token: foreign.access_token, tool: 'ledger/balance', arguments: {} };
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'token_invalid']);
    runtime.clock.ms += 3_601_000;
    expect(await introspect(session.access_token)).toEqual({ active: false });
    expect(refusal(await exchangeCall(mas, { ...step, token: session.access_token }))[0]).toBe(403);
  });
});
