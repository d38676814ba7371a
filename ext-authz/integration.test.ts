import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askCheck, ProcessDouble, type Sidecar, type Verdict } from './testing/envoy_double.ts';
import { arrive, askLlm, callTool, chat, llmAnswers, outsideAddress, prompt, toolRequest } from './testing/walk.ts';
import { openWorld, type TestWorld } from './testing/world.ts';

let world: TestWorld;
let agent: Sidecar;
let client: Sidecar;
let ledger: Sidecar;

beforeAll(async () => {
  world = await openWorld();
  agent = world.sidecar('agent');
  client = world.sidecar('client');
  ledger = world.sidecar('ledger');
});
afterAll(() => world?.close());

const rent = { to: 'landlord', amount: 900 };
const select = (id: string, callArguments: unknown = rent) => ({ id, name: 'transfer', arguments: callArguments });
const sessionOf = (verdict: Verdict) => verdict.metadata.fields.session_id?.stringValue ?? '';
const tokenOf = (verdict: Verdict) => (verdict.headers.authorization ?? '').replace(/^Bearer /, '');

/** A session whose LLM selected the rent. */
async function paysRent(words: string): Promise<Verdict> {
  const started = await prompt(agent, words);
  expect(started).toMatchObject({ allow: true, reason: 'ok' });
  const asked = await askLlm(agent, words);
  expect(asked).toMatchObject({ allow: true, reason: 'ok' });
  await llmAnswers(agent, asked, [select(`call of ${words}`)]);
  return started;
}

describe('a session', () => {
  test('goes from a prompt over an LLM answer to a tool call that is allowed, and is in the trace', async () => {
    const started = await paysRent('pay the rent');
    const called = await callTool(agent, ledger, 'transfer', rent, { authorization: 'Bearer of-the-app' });
    expect(called).toMatchObject({ allow: true, reason: 'ok' });
    expect(called.headers.authorization).toBe('Bearer of-the-app');
    expect(Object.keys(called.headers).filter((name) => name.startsWith('x-casa-'))).toEqual([]);
    expect(called.headers['x-request-id']).toBe(called.decisionId);
    expect(sessionOf(called)).toBe(sessionOf(started));
    await sleep(400);
    const events = await world.runtime.trace(sessionOf(started));
    const kinds = events.map(({ kind, phase }) => (phase === undefined ? kind : `${String(kind)} ${String(phase)}`));
    expect(kinds.sort()).toEqual([
      'agent_call inbound',
      'llm_call_ended',
      'llm_call_started',
      'session_started',
      'token_exchanged',
      'token_issued',
      'tool_call inbound',
      'tool_call outbound',
    ]);
    expect(JSON.stringify(events)).not.toContain('eyJ');
  });

  test('does not let a call pass before its LLM answered', async () => {
    await prompt(agent, 'what can you do');
    const asked = { traceparent: '' };
    expect(await callTool(agent, ledger, 'transfer', { to: 'mallory', amount: 1 }, asked)).toMatchObject({
      allow: false,
    });
  });

  test('does not let a call pass that its LLM did not select, with other arguments, or twice', async () => {
    const started = await paysRent('pay the rent in full');
    const traced = { traceparent: started.headers.traceparent ?? '' };
    expect(await callTool(agent, ledger, 'balance', {}, traced)).toMatchObject({
      allow: false,
      status: 200,
      reason: 'tool_not_selected_by_llm',
    });
    expect(await callTool(agent, ledger, 'transfer', { ...rent, to: 'mallory' }, traced)).toMatchObject({
      allow: false,
      reason: 'selection_arguments_differ',
    });
    expect((await callTool(agent, ledger, 'transfer', rent, traced)).allow).toBe(true);
    expect(await callTool(agent, ledger, 'transfer', rent, traced)).toMatchObject({
      allow: false,
      reason: 'selection_consumed',
    });
  });

  test('ends when it is revoked, at both sidecars', async () => {
    const started = await paysRent('pay the rent and stop');
    const request = toolRequest('transfer', rent, { traceparent: started.headers.traceparent ?? '' });
    const out = await askCheck(agent, 'outbound', agent.address, request);
    expect(out.allow).toBe(true);
    await world.runtime.revoke(sessionOf(started));
    await sleep(300);
    expect(await arrive(agent, ledger, request, out)).toMatchObject({ allow: false, reason: 'session_revoked' });
    expect(await askCheck(agent, 'outbound', agent.address, request)).toMatchObject({
      allow: false,
      reason: 'session_revoked',
    });
  });

  test('is started by a client, by prompt or by a direct tool call', async () => {
    const request = chat('from a client');
    const out = await askCheck(client, 'outbound', client.address, request);
    expect(out).toMatchObject({ allow: true, reason: 'ok' });
    expect(await arrive(client, agent, request, out)).toMatchObject({ allow: true, reason: 'ok' });
    expect(await callTool(client, ledger, 'balance', { account: 'a' })).toMatchObject({ allow: true, reason: 'ok' });
  });

  test.each([
    ['a workload of the system', '10.0.0.3', 'session_start_not_allowed'],
    ['the pod itself', '10.0.0.2', 'session_start_not_allowed'],
    ['loopback', '127.0.0.1', 'session_start_not_allowed'],
  ])('is never started by %s', async (_, address, reason) => {
    expect(await askCheck(agent, 'inbound', address, chat('do as I say'))).toMatchObject({
      allow: false,
      status: 403,
      reason,
    });
  });
});

describe('discovery', () => {
  test('needs no session and gets an app token, which is good for nothing else', async () => {
    const list = { path: '/mcp', authority: 'ledger:8080', body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' };
    const out = await askCheck(client, 'outbound', client.address, list);
    expect(out).toMatchObject({ allow: true, reason: 'ok' });
    expect(await arrive(client, ledger, list, out)).toMatchObject({ allow: true, reason: 'ok' });
    expect((await arrive(client, ledger, toolRequest('balance', {}), out)).allow).toBe(false);
  });

  test('of open paths needs no token; anything else does', async () => {
    const probe = { method: 'GET', path: '/healthz', authority: 'agent:8082' };
    expect(await askCheck(agent, 'inbound', outsideAddress, probe)).toMatchObject({ allow: true });
    expect(await askCheck(agent, 'inbound', outsideAddress, { ...probe, path: '/secret' })).toMatchObject({
      allow: false,
      status: 403,
    });
  });
});

describe('a token', () => {
  const present = (token: string) =>
    askCheck(ledger, 'inbound', agent.address, toolRequest('transfer', rent, { authorization: `Bearer ${token}` }));

  async function goodToken(words: string): Promise<{ token: string; request: ReturnType<typeof toolRequest> }> {
    const started = await paysRent(words);
    const request = toolRequest('transfer', rent, { traceparent: started.headers.traceparent ?? '' });
    const out = await askCheck(agent, 'outbound', agent.address, request);
    return { token: tokenOf(out), request };
  }

  test('that is missing is refused with 403', async () => {
    expect(await askCheck(ledger, 'inbound', agent.address, toolRequest('transfer', rent))).toMatchObject({
      allow: false,
      status: 403,
      reason: 'token_missing',
    });
  });

  test('that is forged is invalid', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT({ tools: ['ledger/transfer'], scope: 'call-tools', session_id: 's' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
      .setIssuer(`${world.runtime.url}/demo.bank`)
      .setAudience('ledger')
      .setExpirationTime('5m')
      .sign(privateKey);
    expect(await present(forged)).toMatchObject({ allow: false, status: 403, reason: 'token_invalid' });
    expect(await present('not-even-a-jwt')).toMatchObject({ allow: false, reason: 'token_invalid' });
  });

  test('is good for its very call, at its audience, until it expires', async () => {
    const { token, request } = await goodToken('pay the rent by token');
    const authorization = `Bearer ${token}`;
    const other = toolRequest('transfer', { ...rent, amount: 1 }, { authorization });
    expect(await askCheck(ledger, 'inbound', agent.address, other)).toMatchObject({ reason: 'token_invalid' });
    for (const authority of ['', 'ledger:8080,ledger:8080', 'ledger:8080,other', 'user@ledger:8080']) {
      const nowhere = { ...request, headers: { authorization }, authority };
      expect(await askCheck(ledger, 'inbound', agent.address, nowhere)).toMatchObject({
        allow: false,
        reason: 'destination_not_allowed',
      });
    }
    const elsewhere = chat('x', { authorization });
    expect(await askCheck(agent, 'inbound', ledger.address, elsewhere)).toMatchObject({ reason: 'audience_mismatch' });
    const arriving = { ...request, headers: { authorization } };
    world.clock.aheadMs = 3_600_000;
    expect(await askCheck(ledger, 'inbound', agent.address, arriving)).toMatchObject({ reason: 'token_expired' });
    world.clock.aheadMs = 0;
    expect(await askCheck(ledger, 'inbound', agent.address, arriving)).toMatchObject({ allow: true });
  });

  test('of another system is invalid', async () => {
    const others = await world.openMas('foreign');
    const foreign = others.client;
    if (foreign === undefined) throw new Error('the other system has a client');
    const out = await askCheck(foreign, 'outbound', foreign.address, toolRequest('transfer', rent));
    expect(out.allow).toBe(true);
    expect(await present(tokenOf(out))).toMatchObject({ allow: false, reason: 'token_invalid' });
  });

  test('of ours in an app is removed towards the LLM and replaced towards apps', async () => {
    const { token } = await goodToken('pay the rent and leak');
    const leak = { authorization: `Bearer ${token}`, 'x-casa-decision': 'mine' };
    const models = { method: 'GET', path: '/v1/models', authority: 'llm.example.com:9000', headers: leak };
    const toLlm = await askCheck(agent, 'outbound', agent.address, models);
    expect(toLlm).toMatchObject({ allow: true, headers: { 'accept-encoding': 'identity' } });
    expect(toLlm.headers.authorization).toBeUndefined();
    expect(toLlm.headers['x-casa-decision']).toBeUndefined();
    const list = {
      path: '/mcp',
      authority: 'ledger:8080',
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      headers: leak,
    };
    const toApp = await askCheck(agent, 'outbound', agent.address, list);
    expect(toApp.headers['x-casa-app-authorization']).toBeUndefined();
    expect(toApp.headers.authorization).not.toBe(leak.authorization);
  });
});

describe('a body', () => {
  const send = (body: string, more: object = {}) =>
    askCheck(agent, 'outbound', agent.address, { path: '/mcp', authority: 'ledger:8080', body, ...more });
  const call = (name: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}"}}`;

  test.each([
    ['a batch', `[${call('balance')}]`, {}, 'body_malformed'],
    ['duplicate keys', `${call('balance').slice(0, -1)},"method":"ping"}`, {}, 'body_malformed'],
    ['truncated', call('balance'), { size: 4000 }, 'body_truncated'],
    ['cut by its length', call('balance'), { headers: { 'content-length': '9' } }, 'body_truncated'],
    ['compressed', call('balance'), { headers: { 'content-encoding': 'gzip' } }, 'body_malformed'],
    ['not what its headers say', call('balance'), { headers: { 'mcp-name': 'transfer' } }, 'header_body_mismatch'],
  ])('that is %s is refused with 403', async (_, body, more, reason) => {
    expect(await send(body, more)).toMatchObject({ allow: false, status: 403, reason });
  });
});

describe('a destination', () => {
  test('that is no app and no allowed endpoint is refused', async () => {
    expect(
      await askCheck(agent, 'outbound', agent.address, { path: '/', authority: 'evil.example.com', body: '{}' }),
    ).toMatchObject({ allow: false, status: 403, reason: 'destination_not_allowed' });
  });

  test('is asked about for the own workload only', async () => {
    const stranger = { ...agent, app: 'ledger' };
    expect(await askCheck(stranger, 'outbound', agent.address, toolRequest('balance', {}))).toMatchObject({
      allow: false,
      status: 403,
      reason: 'policy_missing',
    });
  });
});

describe('an LLM answer that streams', () => {
  test('is held at the chunk that completes a call until the selection counts', async () => {
    const words = 'stream the rent';
    const started = await prompt(agent, words);
    const asked = await askLlm(agent, words);
    const stream = new ProcessDouble(agent, 'outbound', asked.metadata);
    await stream.headers('text/event-stream');
    const delta = (value: unknown, finish: string | null = null) =>
      stream.chunk(`data: ${JSON.stringify({ choices: [{ index: 0, delta: value, finish_reason: finish }] })}\n\n`);
    const text = JSON.stringify(rent);
    await delta({ tool_calls: [{ index: 0, id: 's1', function: { name: 'transfer', arguments: '' } }] });
    await delta({ tool_calls: [{ index: 0, function: { arguments: text.slice(0, 10) } }] });
    expect(
      (await delta({ tool_calls: [{ index: 0, function: { arguments: text.slice(10) } }] })).response_body,
    ).toBeDefined();
    const traced = { traceparent: started.headers.traceparent ?? '' };
    expect(await callTool(agent, ledger, 'transfer', rent, traced)).toMatchObject({ allow: true });
    await delta({}, 'tool_calls');
    await stream.chunk('data: [DONE]\n\n', true);
    await stream.close();
  });

  test('is cut when its selection cannot be stored', async () => {
    const words = 'pay and be revoked';
    const started = await prompt(agent, words);
    const asked = await askLlm(agent, words);
    await world.runtime.revoke(sessionOf(started));
    await expect(llmAnswers(agent, asked, [select('x')])).rejects.toThrow('the answer was cut');
  });
});

test('the end of an entry request tells the open one from the closed', async () => {
  const { agent: quiet } = await world.openMas('quiet');
  if (quiet === undefined) throw new Error('the system has an agent');
  const first = await prompt(quiet, 'first of two');
  const second = await prompt(quiet, 'second of two');
  expect(await askLlm(quiet, 'in other words')).toMatchObject({ allow: false, reason: 'session_unknown' });
  const stream = new ProcessDouble(quiet, 'inbound', second.metadata);
  await stream.headers('application/json');
  await stream.close();
  await expect.poll(async () => sessionOf(await askLlm(quiet, 'in other words'))).toBe(sessionOf(first));
});

test('while the runtime is away every call that needs it is refused in time, and passes once it is back', async () => {
  const started = await paysRent('pay the rent in spite of it all');
  const request = toolRequest('transfer', rent, { traceparent: started.headers.traceparent ?? '' });
  world.runtime.freeze();
  const askedAtMs = performance.now();
  const refused = await askCheck(agent, 'outbound', agent.address, request);
  const tookMs = performance.now() - askedAtMs;
  const entry = await prompt(agent, 'somebody else');
  world.runtime.wake();
  expect(refused).toMatchObject({ allow: false, reason: 'runtime_unavailable' });
  expect(entry).toMatchObject({ allow: false, status: 403, reason: 'runtime_unavailable' });
  expect(tookMs).toBeLessThan(3_000);
  // The runtime may have taken the call after all: the same one again is a retry, not a second call.
  await expect.poll(async () => (await askCheck(agent, 'outbound', agent.address, request)).allow).toBe(true);
});
