import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../policies/contract.ts';
import { accessTokenType, clientAssertionType, grantTypes, paths } from '../../policies/wire.ts';
import { userInputBytesMax } from './parse_form.ts';
import { bank } from './testing/bank.ts';
import { exchangeCall, refusal, select, startSession } from './testing/steps.ts';
import { postForm, startTestRuntime, type TestMas, type TestRuntime, testBaseUrl } from './testing/test_runtime.ts';

let runtime: TestRuntime;
let mas: TestMas;

beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
});
afterAll(() => runtime.close());

const introspectWith = (assertion: string) =>
  postForm(
    runtime.app,
    paths.introspect,
    new URLSearchParams({
      client_assertion_type: clientAssertionType,
      client_assertion: assertion,
      token: 'x',
    }).toString(),
  );

describe('a client assertion', () => {
  const now = () => Math.floor(runtime.clock.ms / 1000);

  it('is good once', async () => {
    const assertion = await mas.pep('teller').assertion();
    expect((await introspectWith(assertion)).statusCode).toBe(200);
    expect((await introspectWith(assertion)).json()).toMatchObject({ error: 'invalid_client' });
  });

  it.each<[string, () => JsonObject]>([
    ['is for another server', () => ({ aud: 'http://elsewhere.test' })],
    ['has expired', () => ({ exp: now() - 60 })],
    ['lives longer than 300 s', () => ({ exp: now() + 900 })],
    ['has no id', () => ({ jti: '' })],
    ['says another subject', () => ({ sub: 'bank.demo/ledger' })],
    ['is of another app than its key', () => ({ iss: 'bank.demo/ledger', sub: 'bank.demo/ledger' })],
    ['is of no known app', () => ({ iss: 'bank.demo/nobody', sub: 'bank.demo/nobody' })],
  ])('that %s is refused', async (_title, claims) => {
    const response = await introspectWith(await mas.pep('teller').assertion(claims()));
    expect([response.statusCode, response.json().error]).toEqual([401, 'invalid_client']);
  });

  it('without expiry, without signature, or signed with a secret is refused', async () => {
    const claims = { iss: 'bank.demo/teller', sub: 'bank.demo/teller', aud: testBaseUrl, jti: 'j' };
    const endless = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'teller-1' })
      .sign(mas.pep('teller').key);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none' })}.${part({ ...claims, exp: now() + 60 })}.`;
    const secret = await new SignJWT({ ...claims, exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'teller-1' })
      .sign(new TextEncoder().encode('public key as secret, as in old attacks'));
    for (const bad of [endless, unsigned, secret, '', 'a.b.c']) {
      expect((await introspectWith(bad)).statusCode).toBe(401);
    }
  });
});

describe('an enforcement point speaks for its own app only', () => {
  const start = (app: string, fields: { readonly [name: string]: string }) =>
    mas.pep(app).form(paths.token, { grant_type: 'client_credentials', user_input: 'hi', decision_id: 'd', ...fields });

  it('at the start of a session', async () => {
    expect(refusal(await start('helper', { audience: 'teller' }))).toEqual([403, 'session_start_not_allowed']);
    expect(refusal(await start('teller', { audience: 'helper', caller: 'web' }))).toEqual([
      403,
      'session_start_not_allowed',
    ]);
    expect(refusal(await start('teller', { audience: 'helper', caller: 'teller' }))).toEqual([
      403,
      'session_start_not_allowed',
    ]);
    expect((await start('web', { audience: 'teller', caller: 'web' })).statusCode).toBe(200);
  });

  it('when it records selections: of its app, in a session that was delivered to it', async () => {
    const session = await startSession(mas);
    const body = { mas: mas.mas, session_id: session.session_id, llm_call_id: 'l1', selections: [] };
    expect((await mas.pep('helper').json(paths.selections, { ...body, app: 'teller' })).statusCode).toBe(400);
    const notDelivered = await mas.pep('helper').json(paths.selections, { ...body, app: 'helper' });
    expect([notDelivered.statusCode, notDelivered.json().reason]).toEqual([403, 'session_unknown']);
    expect((await mas.pep('teller').json(paths.selections, { ...body, app: 'teller' })).statusCode).toBe(200);
  });

  it('when it reports events', async () => {
    const event = {
      event_id: 'e1',
      mas: mas.mas,
      session_id: null,
      at: new Date(0).toISOString(),
      trace_id: null,
      token_hash: null,
    };
    const report = (app: string, more: object) => mas.pep(app).json(paths.events, { events: [{ ...event, ...more }] });
    const decided = { kind: 'tool_call', caller: 'teller', callee: { app: 'ledger' } };
    expect((await report('helper', decided)).statusCode).toBe(400);
    expect((await report('teller', { ...decided, mas: 'other.demo' })).statusCode).toBe(400);
    expect((await report('teller', { kind: 'token_issued', app: 'teller' })).statusCode).toBe(400);
    expect((await report('teller', { ...decided, event_id: 'a\0b' })).statusCode).toBe(400);
    expect((await report('ledger', decided)).json()).toEqual({ stored: 1 });
  });

  it('when it asks for bundles and revocations', async () => {
    await runtime.install(bank('neighbour'));
    expect((await mas.pep('teller').get(paths.bundle('neighbour.demo'))).statusCode).toBe(403);
    expect((await mas.pep('teller').get(paths.revocations('neighbour.demo'))).statusCode).toBe(403);
    expect((await runtime.app.inject(paths.bundle(mas.mas))).statusCode).toBe(401);
  });
});

describe('a form', () => {
  it('with a parameter twice, or of another content type, is an invalid request', async () => {
    expect((await postForm(runtime.app, paths.token, 'a=1&a=2')).json().error).toBe('invalid_request');
    const json = await runtime.app.inject({
      method: 'POST',
      url: paths.token,
      payload: { grant_type: 'client_credentials' },
    });
    expect([json.statusCode, json.json().error]).toEqual([400, 'invalid_request']);
  });

  it('with more than 64 KiB of user input is an invalid request', async () => {
    const start = (length: number) =>
      mas.pep('teller').form(paths.token, {
        grant_type: 'client_credentials',
        user_input: 'x'.repeat(length),
        audience: 'teller',
        decision_id: 'd',
      });
    expect((await start(userInputBytesMax)).statusCode).toBe(200);
    expect((await start(userInputBytesMax + 1)).json().error).toBe('invalid_request');
  });

  it('with arguments that two readers may read apart is an invalid request', async () => {
    const session = await startSession(mas);
    for (const text of ['{"amount": 1e400}', '{"amount": 9007199254740993}', '[]', '{', '']) {
      const response = await mas.pep('teller').form(paths.exchange, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: session.access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'ledger',
        tools: 'ledger/pay',
        arguments: text,
        protocol: 'mcp',
        operation: 'tools/call',
        decision_id: 'd',
      });
      expect([response.statusCode, response.json().error]).toEqual([400, 'invalid_request']);
    }
  });
});

describe('hostile text', () => {
  it('in a prompt and in selected arguments is stored as it is', async () => {
    const hostile = `'; drop table sessions; -- \0 \ud800 <script>`;
    const session = await startSession(mas, 'teller', hostile);
    expect((await select(mas, 'teller', session.session_id, [['ledger/pay', { to: hostile }]])).statusCode).toBe(200);
    const account = `'; drop table sessions; -- \u2028 <script>`;
    await select(mas, 'teller', session.session_id, [['ledger/balance', { account }]]);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account } };
    expect((await exchangeCall(mas, step)).statusCode).toBe(200);
  });
});

describe('management', () => {
  it('is for the holder of the management token', async () => {
    for (const url of ['/mas', '/apps', '/trace', '/trace/x', '/mas/bank.demo']) {
      expect((await runtime.app.inject(url)).statusCode).toBe(401);
      const wrong = await runtime.app.inject({ url, headers: { authorization: 'Bearer wrong' } });
      expect(wrong.statusCode).toBe(401);
    }
    expect((await runtime.app.inject({ method: 'DELETE', url: '/sessions/x' })).statusCode).toBe(401);
  });

  it('never takes a private key', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(privateKey)), kid: 'k' }] };
    expect((await runtime.admin('POST', '/apps', { mas: mas.mas, app: 'teller', jwks })).statusCode).toBe(400);
  });
});

describe('an exchange that asks for what is not given here', () => {
  it.each([
    ['an actor token', { actor_token: 'x' }, 'invalid_request'],
    ['another kind of token', { requested_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
    ['a resource beside another audience', { resource: 'http://archive:8080/', audience: 'ledger' }, 'invalid_target'],
    ['a resource that is no URL', { resource: 'ledger' }, 'invalid_target'],
  ])('%s, is told so', async (_title, fields, error) => {
    const { access_token: token } = await startSession(mas);
    const form = {
      grant_type: grantTypes.tokenExchange,
      subject_token: token,
      subject_token_type: accessTokenType,
      audience: 'ledger',
      ...fields,
    };
    const response = await mas.pep('teller').form(paths.exchange, form);
    expect([response.statusCode, response.json().error]).toEqual([400, error]);
  });
});
