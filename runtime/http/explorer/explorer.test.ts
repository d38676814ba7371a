import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../../policies/contract.ts';
import {
  type CallPage,
  explorerPaths,
  type Graph,
  type MasPage,
  type Overview,
  type SessionList,
  type SessionPage,
} from '../../../policies/explorer_wire.ts';
import { paths } from '../../../policies/wire.ts';
import { codesMax, codeTtlMs, makeCode, signInsMax, signInTtlMs } from '../../explorer/sign_in.ts';
import { openLogger } from '../logger.ts';
import { bank } from '../testing/bank.ts';
import { exchangeCall, granted, select, startSession } from '../testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from '../testing/test_runtime.ts';
import { buildExplorer, securityHeaders } from './explorer_app.ts';

const files = new Map([['index.html', Buffer.from('<p>the view</p>')]]);
const hostile = '<img src=x onerror=alert(1)>';

let runtime: TestRuntime;
let mas: TestMas;
let explorer: FastifyInstance;
beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
  explorer = await buildExplorer({ parts: runtime.parts, files, logger: openLogger({ write: () => {} }, 'silent') });
});
afterAll(async () => {
  await explorer.close();
  await runtime.close();
});

const get = (url: string, cookie = '') => explorer.inject({ method: 'GET', url, headers: { cookie } });

async function signIn(): Promise<string> {
  const answer = await get(`/signin?code=${await makeCode(runtime.parts)}`);
  return String(answer.headers['set-cookie']).split(';')[0] ?? '';
}

async function read<Value>(path: string): Promise<Value> {
  const answer = await get(path, await signIn());
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json<Value>();
}

describe('signing in', () => {
  it('is needed for every page, file and answer', async () => {
    for (const path of ['/', '/index.html', '/sessions/x', '/assets/none.js', '/api/overview', '/api/none']) {
      const answer = await get(path);
      expect({ path, status: answer.statusCode }).toEqual({ path, status: 401 });
    }
    expect((await get('/')).body).toContain('make demo');
  });

  it('with a code gives a cookie that no script reads and no other site sends', async () => {
    const answer = await get(`/signin?code=${await makeCode(runtime.parts)}`);
    expect(answer.headers['set-cookie']).toMatch(
      /^casa_explorer_\d+=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect((await get('/anywhere', await signIn())).body).toBe('<p>the view</p>');
  });

  it('works once with each code, and not when its time is over', async () => {
    const code = await makeCode(runtime.parts);
    expect((await get(`/signin?code=${code}`)).statusCode).toBe(200);
    expect((await get(`/signin?code=${code}`)).statusCode).toBe(401);
    const late = await makeCode(runtime.parts);
    runtime.clock.ms += codeTtlMs;
    expect((await get(`/signin?code=${late}`)).statusCode).toBe(401);
    for (const wrong of ['', '?code=', '?code=abc', `?code=${'0'.repeat(64)}`, '?code=a&code=b']) {
      expect((await get(`/signin${wrong}`)).statusCode).toBe(401);
    }
  });

  it('of two at once with one code gives one cookie', async () => {
    const code = await makeCode(runtime.parts);
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(`/signin?code=${code}`)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  it('ends with its time, and by signing out', async () => {
    const old = await signIn();
    runtime.clock.ms += signInTtlMs;
    expect((await get('/api/overview', old)).statusCode).toBe(401);
    const cookie = await signIn();
    await explorer.inject({ method: 'POST', url: '/signout', headers: { cookie } });
    expect((await get('/api/overview', cookie)).statusCode).toBe(401);
  });

  it('keeps hashes only, and a bounded number of them', async () => {
    const code = await makeCode(runtime.parts);
    const first = await signIn();
    for (let index = 0; index <= Math.max(signInsMax, codesMax); index += 1) {
      runtime.clock.ms += 1;
      await signIn();
      await makeCode(runtime.parts);
    }
    expect((await get('/api/overview', first)).statusCode).toBe(401);
    const codes = await runtime.parts.store.query<{ code_hash: string }>('select code_hash from explorer_codes');
    const signIns = await runtime.parts.store.query<{ secret_hash: string }>(
      'select secret_hash from explorer_signins',
    );
    expect([codes.length, signIns.length]).toEqual([codesMax, signInsMax]);
    const secret = first.split('=')[1] ?? '';
    expect(JSON.stringify([codes, signIns])).not.toMatch(new RegExp(`${code}|${secret}`));
  });

  it('is offered to the holder of the management token, and to nobody else', async () => {
    const made = await runtime.admin('POST', '/explorer/codes');
    expect((await get(made.json<{ path: string }>().path)).statusCode).toBe(200);
    expect((await runtime.app.inject({ method: 'POST', url: '/explorer/codes' })).statusCode).toBe(401);
  });

  it('is the only thing that can be changed: no other method is answered', async () => {
    const cookie = await signIn();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const answer = await explorer.inject({ method, url: '/api/overview', headers: { cookie } });
      expect({ method, status: answer.statusCode }).toEqual({ method, status: 404 });
    }
  });

  it('or not, every answer carries the policy that lets nothing foreign run', async () => {
    for (const answer of [await get('/'), await get('/api/overview', await signIn()), await get('/signin')]) {
      expect(answer.headers).toMatchObject(securityHeaders);
    }
    expect(securityHeaders['content-security-policy']).not.toContain('unsafe');
  });
});

/** One session with one call that the LLM selected and one that it did not. */
async function twoCalls() {
  const session = await startSession(mas, 'teller', hostile);
  await select(mas, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
  const call = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
  granted(await exchangeCall(mas, call));
  const refused = await exchangeCall(mas, { ...call, tool: 'ledger/pay', arguments: { to: 'm', amount: 1 } });
  const { decision, decision_id } = refused.json<{ decision: Decision; decision_id: string }>();
  const callee = { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 };
  const report = {
    event_id: randomUUID(),
    mas: mas.mas,
    session_id: session.session_id,
    at: new Date(runtime.clock.ms).toISOString(),
    trace_id: session.trace_id,
    token_hash: null,
    kind: 'tool_call',
    phase: 'outbound',
    caller: 'teller',
    caller_type: 'agent',
    callee,
    protocol: 'mcp',
    operation: 'tools/call',
    tool: 'ledger/pay',
    arguments: { to: hostile, amount: 1 },
    decision_id,
    decision,
    decided_in_ms: 3,
  };
  await mas.pep('teller').json(paths.events, { events: [report] });
  await runtime.parts.events.flush();
  return { session, decisionId: decision_id };
}

describe('what is shown', () => {
  it('counts a call once, however many phases decided on it, and a refusal by its reason', async () => {
    const before = await read<Overview>(explorerPaths.overview);
    const { session, decisionId } = await twoCalls();
    const after = await read<Overview>(explorerPaths.overview);
    expect({
      allowed: after.calls.allowed - before.calls.allowed,
      blocked: after.calls.blocked - before.calls.blocked,
    }).toEqual({ allowed: 1, blocked: 1 });
    expect(after.blocked[0]).toMatchObject({
      decision_id: decisionId,
      session_id: session.session_id,
      tool: 'ledger/pay',
      verdict: 'blocked',
      reason: 'tool_not_selected_by_llm',
    });
    expect(after.reasons).toContainEqual({ reason: 'tool_not_selected_by_llm', count: expect.any(Number) });
  });

  it('of a session are the words, the tokens as hashes, and each call with its phases and checks', async () => {
    const { session, decisionId } = await twoCalls();
    const page = await read<SessionPage>(explorerPaths.session(session.session_id));
    expect(page.session).toMatchObject({ user_input: hostile, state: 'live', entry: 'teller' });
    expect(page.tokens.map(({ kind, audience }) => [kind, audience])).toEqual([
      ['intent', 'teller'],
      ['exchanged', 'ledger'],
    ]);
    expect(JSON.stringify(page)).not.toContain(session.access_token);
    const blocked = page.entries.find((entry) => entry.kind === 'call' && entry.call.decision_id === decisionId);
    expect(blocked).toMatchObject({
      call: {
        verdict: 'blocked',
        arguments: { to: hostile },
        phases: [
          { phase: 'exchange', allow: false },
          { phase: 'outbound', allow: false, decided_in_ms: 3 },
        ],
      },
    });
    const call = await read<CallPage>(explorerPaths.call(mas.mas, decisionId));
    expect(call).toMatchObject({ tool: 'ledger/pay', reason: 'tool_not_selected_by_llm' });
  });

  it('of sessions are all of them, latest first, page by page', async () => {
    for (let index = 0; index < 60; index += 1) {
      runtime.clock.ms += 1;
      await startSession(mas, 'teller', `turn ${index}`);
    }
    const first = await read<SessionList>(explorerPaths.sessions);
    const second = await read<SessionList>(`${explorerPaths.sessions}?before=${first.next}`);
    const words = [...first.sessions, ...second.sessions].map(({ user_input }) => user_input);
    expect(words.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, index) => `turn ${59 - index}`));
    expect((await read<SessionList>(`${explorerPaths.sessions}?mas=none.none`)).sessions).toEqual([]);
  });

  it('of a system are its apps, checks and policies, and who may call whom', async () => {
    const page = await read<MasPage>(explorerPaths.mas(mas.mas));
    expect(page).toMatchObject({ display_name: 'demo bank', served: page.revision, apps: 5 });
    expect(page.policies.map(({ name, target }) => [name, target])).toContainEqual(['teller', 'Deployment/teller']);
    const graph = await read<Graph>(explorerPaths.graph(mas.mas));
    expect(graph.edges).toContainEqual(
      expect.objectContaining({ from: 'teller', to: 'ledger', protocols: ['mcp'], blocked: expect.any(Number) }),
    );
    expect(graph.nodes).toContainEqual({ id: '(outside)', kind: 'outside' });
  });

  it('of an event that is not whole is what is whole of it', async () => {
    const session = await startSession(mas);
    const event = { event_id: randomUUID(), mas: mas.mas, session_id: session.session_id, trace_id: null };
    const more = { at: '2027-01-15T08:00:00.000Z', token_hash: null, kind: 'tool_call', caller: 'teller' };
    const decision = { checks: [null, { check: 7, outcome: 'MAYBE' }], policies: 'all' };
    const bad = { ...event, ...more, callee: 7, decision_id: 'd', decision, phase: 'outbound', tool: ['x'] };
    await mas.pep('teller').json(paths.events, { events: [bad] });
    const page = await read<SessionPage>(explorerPaths.session(session.session_id));
    expect(page.entries).toMatchObject([
      {
        kind: 'call',
        call: { verdict: 'blocked', tool: null, phases: [{ checks: [{ check: '', outcome: 'BLOCK' }] }] },
      },
    ]);
  });

  it('of another system is nothing that was sent in its name', async () => {
    const other = await runtime.install(bank('other'));
    const { session, decisionId } = await twoCalls();
    const forged = {
      event_id: randomUUID(),
      mas: other.mas,
      session_id: session.session_id,
      at: new Date(runtime.clock.ms).toISOString(),
      trace_id: null,
      token_hash: null,
      kind: 'llm_call_ended',
      app: 'teller',
      llm_call_id: 'x',
      selections: [],
      decision_id: decisionId,
    };
    const before = await read<SessionPage>(explorerPaths.session(session.session_id));
    await other.pep('teller').json(paths.events, { events: [forged] });
    expect((await read<SessionPage>(explorerPaths.session(session.session_id))).entries).toEqual(before.entries);
  });

  it('of what there is not is a 404', async () => {
    const cookie = await signIn();
    for (const path of ['/api/mas/x', '/api/graph/x', '/api/sessions/x', '/api/calls/x/y', '/api/x']) {
      expect({ path, status: (await get(path, cookie)).statusCode }).toEqual({ path, status: 404 });
    }
  });
});
