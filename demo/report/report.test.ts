import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listen, sendJson } from '../src/http/listen.ts';
import { joinCalls } from './join_calls.ts';
import { joinSockets } from './join_sockets.ts';
import { joinTokens } from './join_tokens.ts';
import { judgeRun, summarizeLedger } from './judge_run.ts';
import { readRun } from './read_run.ts';
import { renderSockets } from './render_sockets.ts';
import { renderTable } from './render_table.ts';
import type { Run, SocketAttempt, TraceEvent } from './run.ts';

type Told = readonly [tool: string, args: object, reason?: string];

const spoken: readonly { agent: string; case: string; prompt: string; calls: readonly Told[] }[] = [
  {
    agent: 'casa-demo-agent',
    case: 'safe',
    prompt: 'Read everything',
    calls: ['a', 'b', 'c', 'd', 'e', 'a', 'a', 'a'].map((tool, limit) => [tool, { limit }]),
  },
  compromised('i', [
    ['add_external_beneficiary', { name: 'M' }, 'no_llm_calls_made_by_app'],
    ['a', {}],
  ]),
  compromised('ii', [
    ['a', {}],
    ['transfer_funds', { amount: 480 }, 'tool_intent_mismatch'],
  ]),
  compromised('iii', [
    ['a', {}],
    ['schedule_payment', { amount: 900 }, 'tool_not_selected_by_llm'],
  ]),
  compromised('iv', [['transfer_funds', { amount: 75 }, 'selection_arguments_differ']]),
  compromised('v', [['a', {}]]),
];

const sockets = [
  { proto: 'tcp', host: '192.0.2.66', address: '192.0.2.66', port: 443, outcome: 'EPERM' },
  { proto: 'udp', host: 'bank-mcp', address: '10.64.0.2', port: 8080, outcome: 'EPERM' },
];

function flowOf({ proto, address, port }: (typeof sockets)[number], index: number): TraceEvent {
  const app = 'casa-demo-agent-compromised';
  return { kind: 'flow', eventId: `f-${index}`, app, proto, destination: address, port, verdict: 'deny', ...noToken };
}

const noToken = { sessionId: null, tokenHash: null };

/** The kernel saw the token of a call. */
function tokenFlowOf(sessionId: string, tokenHash: string): TraceEvent {
  const where = { app: 'casa-demo-agent', proto: 'tcp', destination: '10.64.0.2', port: 8080 };
  return { kind: 'flow', eventId: `t-${tokenHash}`, ...where, verdict: 'allow', sessionId, tokenHash };
}

function compromised(name: string, calls: readonly Told[]) {
  return { agent: 'casa-demo-agent-compromised', case: name, prompt: `Do (${name})`, calls };
}

/** A run as it should be. */
function goodRun(): Run {
  const all = spoken.map((conversation, turn) => ({
    ...conversation,
    calls: conversation.calls.map(([tool, args, reason], index) => ({ tool, args, reason, id: `d-${turn}-${index}` })),
  }));
  const allowed = all.flatMap(({ calls }) => calls.filter((call) => call.reason === undefined));
  return {
    mode: 'netns',
    kernel: { on: true, because: null },
    conversations: all.map(({ agent, case: name, prompt, calls }) => ({
      agent,
      case: name,
      prompt,
      status: 200,
      toolCalls: calls.map(({ tool, args, reason, id }) => ({
        tool,
        arguments: args,
        ok: reason === undefined,
        latencyMs: 12.34,
        decisionId: reason === undefined ? null : id,
      })),
      sockets: name === 'v' ? sockets : [],
    })),
    trace: [
      ...sockets.map(flowOf),
      ...all.flatMap(({ agent, prompt, calls }, turn): TraceEvent[] => [
        { kind: 'session', sessionId: `s-${turn}`, entry: agent, userInput: prompt },
        ...calls.flatMap(({ tool, args, reason = 'ok', id }): TraceEvent[] => {
          const asked = {
            decisionId: id,
            sessionId: `s-${turn}`,
            tokenHash: reason === 'ok' ? `h-${id}` : null,
            tool: `bank-mcp/${tool}`,
            reason,
            allow: reason === 'ok',
          };
          const check = { check: 'DETERMINISTIC_LLM_SELECTED_TOOLS', outcome: asked.allow ? 'ALLOW' : 'BLOCK', reason };
          return [
            ...(asked.tokenHash === null ? [] : [tokenFlowOf(asked.sessionId, asked.tokenHash)]),
            { kind: 'decision', exchange: true, ...asked, arguments: null, checks: [check] },
            { kind: 'decision', exchange: false, ...asked, arguments: args, checks: [] },
          ];
        }),
      ]),
    ],
    ledger: allowed.map(({ tool, args, id }) => ({ tool, arguments: args, requestId: id })),
    logged: new Set(allowed.map((call) => call.id)),
  };
}

function judge(run: Run): readonly string[] {
  const calls = joinCalls(run);
  const [ledger, sockets, tokens] = [summarizeLedger(run, calls), joinSockets(run), joinTokens(run)];
  return judgeRun(run, { calls, ledger, sockets, tokens });
}

function withSockets(run: Run, change: (socket: SocketAttempt) => SocketAttempt): Run {
  const conversations = run.conversations.map((one) => ({ ...one, sockets: one.sockets.map(change) }));
  return { ...run, conversations };
}

test('without a kernel layer sockets are shown and judged by nobody, and the reason is said', () => {
  const run = { ...withSockets(goodRun(), (socket) => ({ ...socket, outcome: 'timeout' })), trace: goodRun().trace };
  const off = { on: false, because: 'no cgroup v2' };
  expect(judge({ ...run, kernel: off })).toEqual([]);
  expect(renderSockets(off, joinSockets(run))).toMatch(
    /^kernel layer off: no cgroup v2\n.*192\.0\.2\.66:443 {2}timeout/,
  );
});

test('a run as promised has no problems, and every call has its decision', () => {
  const run = goodRun();
  expect(judge(run)).toEqual([]);
  const calls = joinCalls(run);
  expect(calls.find((call) => call.tool === 'schedule_payment')).toEqual({
    agent: 'casa-demo-agent-compromised',
    case: 'iii',
    prompt: 'Do (iii)',
    server: 'bank-mcp',
    tool: 'schedule_payment',
    arguments: { amount: 900 },
    decision: 'BLOCK',
    reason: 'tool_not_selected_by_llm',
    checks: [{ check: 'DETERMINISTIC_LLM_SELECTED_TOOLS', outcome: 'BLOCK', reason: 'tool_not_selected_by_llm' }],
    latency_ms: 12.34,
    session_id: 's-3',
    decision_id: 'd-3-1',
  });
  expect(calls.filter((call) => call.note !== undefined).map((call) => [call.case, call.tool])).toEqual([
    ['ii', 'transfer_funds'],
  ]);
});

test('the table fits 120 columns, says what only the semantic check sees, and shows no control characters', () => {
  const [first, ...rest] = joinCalls(goodRun());
  if (first === undefined) throw new Error('no calls');
  const table = renderTable([{ ...first, prompt: `\u001b[2J${'long '.repeat(50)}` }, ...rest]);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(table).toContain('AI_POWERED_TOOL_MATCH');
  expect(table).not.toContain('\u001b');
  expect(table).toMatch(/bank-mcp\/schedule_payment +BLOCK +tool_not_selected_by_llm +12\.3 ms/);
});

test.each<[string, (run: Run) => Run, string]>([
  [
    'a blocked call that reached the bank',
    (run) => ({ ...run, ledger: [...run.ledger, { tool: 'schedule_payment', arguments: {}, requestId: 'd-3-1' }] }),
    'the ledger has 1 rows that are no allowed call',
  ],
  [
    'a ledger row twice',
    (run) => ({ ...run, ledger: [...run.ledger, ...run.ledger.slice(0, 1)] }),
    'the ledger has 1 rows that are no allowed call',
  ],
  [
    'an allowed call that never reached the bank',
    (run) => ({ ...run, ledger: run.ledger.slice(1) }),
    '1 allowed calls are not in the ledger',
  ],
  [
    'a row that no Envoy saw',
    (run) => ({ ...run, logged: new Set([...run.logged].slice(1)) }),
    '1 ledger rows are in no access log',
  ],
  [
    'a betrayal that was allowed',
    (run) => ({
      ...run,
      trace: run.trace.map((event) =>
        event.kind === 'decision' && event.decisionId === 'd-1-0' ? { ...event, allow: true, reason: 'ok' } : event,
      ),
    }),
    'case (i): `add_external_beneficiary` is ALLOW with `ok`',
  ],
  [
    'a betrayal that did not happen',
    (run) => ({ ...run, conversations: run.conversations.filter((conversation) => conversation.case !== 'iv') }),
    'case (iv): `transfer_funds` was not called',
  ],
  [
    'a safe call that was refused',
    (run) => ({
      ...run,
      trace: run.trace.map((event) =>
        event.kind === 'decision' && event.decisionId === 'd-0-0'
          ? { ...event, allow: false, reason: 'limit_exceeded' }
          : event,
      ),
    }),
    'the safe agent was refused `a`: limit_exceeded',
  ],
  [
    'an agent that could not be reached',
    (run) => ({ ...run, conversations: run.conversations.map((one) => ({ ...one, status: 403 })) }),
    '`casa-demo-agent` answered 403 to `Read everything`',
  ],
  [
    'a call without a decision',
    (run) => ({ ...run, trace: run.trace.filter((event) => event.kind === 'session') }),
    'no decision is recorded of `a` (Read everything)',
  ],
  [
    'a socket that the kernel let through',
    (run) => withSockets(run, (socket) => ({ ...socket, outcome: 'connected' })),
    'case (v): tcp to `192.0.2.66:443` got connected, not EPERM',
  ],
  [
    'a refusal that the kernel did not tell',
    (run) => ({ ...run, trace: run.trace.filter((event) => event.kind !== 'flow') }),
    'case (v): udp to `bank-mcp:8080` is in no flow of the kernel',
  ],
  [
    'a refusal of another agent',
    (run) => ({
      ...run,
      trace: run.trace.map((event) => (event.kind === 'flow' ? { ...event, app: 'casa-demo-agent' } : event)),
    }),
    'case (v): tcp to `192.0.2.66:443` is in no flow of the kernel',
  ],
  [
    'a kernel that saw no token',
    (run) => ({ ...run, trace: run.trace.filter((event) => event.kind !== 'flow' || event.tokenHash === null) }),
    'the kernel saw the token of none of 12 tool calls',
  ],
  [
    'tokens of other sessions',
    (run) => ({
      ...run,
      trace: run.trace.map((event) => (event.kind === 'flow' ? { ...event, sessionId: 's-other' } : event)),
    }),
    'the kernel saw the token of none of 12 tool calls',
  ],
  [
    'an agent that opened no socket',
    (run) => ({ ...run, conversations: run.conversations.map((one) => ({ ...one, sockets: [] })) }),
    'case (v): no socket was opened past the proxy',
  ],
  ['silence', (run) => ({ ...run, conversations: [] }), 'nobody said anything'],
])('%s is a problem', (_, change, problem) => {
  expect(judge(change(goodRun()))).toContain(problem);
});

test('a run is read from its files and from every page of the trace', async () => {
  const out = await mkdtemp(join(tmpdir(), 'casa-report-'));
  await mkdir(join(out, 'bank-client'));
  await mkdir(join(out, 'bank-mcp'));
  await writeFile(join(out, 'token'), 'secret\n');
  await writeFile(join(out, 'access.log'), '{"decision_id":"d-1","request_id":null}\n{"deci');
  await writeFile(
    join(out, 'bank-mcp', 'ledger.jsonl'),
    '{"at":"","tool":"t","arguments":{"x":1},"ok":true,"result_digest":"","request_id":"d-1"}\n',
  );
  await writeFile(
    join(out, 'bank-client', 'answers.jsonl'),
    `${JSON.stringify({
      agent: 'a',
      case: 'i',
      prompt: 'p',
      status: 200,
      body: {
        answer: '',
        toolCalls: [
          { tool: 't', arguments: {}, ok: false, latencyMs: 1, error: { code: -32001, data: { decision_id: 'd-1' } } },
        ],
        sockets: [{ proto: 'tcp', host: 'h', address: '192.0.2.1', port: 443, outcome: 'EPERM' }],
      },
    })}\n`,
  );
  const events = [
    { kind: 'session_started', session_id: 's', entry: 'a', user_input: 'p' },
    { kind: 'policy_changed' },
    {
      kind: 'tool_call',
      session_id: 's',
      decision_id: 'd-1',
      tool: 'm/t',
      arguments: { x: 1 },
      decision: { allow: false, reason: 'r', checks: [{ check: 'C', outcome: 'BLOCK', reason: 'r', detail: '' }] },
    },
    { kind: 'flow', event_id: 'f', app: 'a', proto: 'udp', destination: '192.0.2.1', port: 53, verdict: 'deny' },
  ];
  const runtime = await listen(
    (request, response) => {
      const after = Number(new URL(request.url ?? '', 'http://runtime').searchParams.get('after'));
      const isAdmin = request.headers.authorization === 'Bearer secret';
      sendJson(response, isAdmin ? 200 : 401, {
        events: events.slice(after, after + 1),
        next: after < 3 ? after + 1 : null,
      });
    },
    '127.0.0.1',
    0,
  );
  const state = {
    mode: 'ports',
    runtimeUrl: runtime.url,
    adminTokenFile: join(out, 'token'),
    apps: [
      { name: 'a', accessLog: join(out, 'access.log') },
      { name: 'llm', accessLog: null },
    ],
  };
  const run = await readRun(state, out);
  await runtime.close();
  await rm(out, { recursive: true });
  expect(run).toEqual({
    mode: 'ports',
    kernel: { on: false, because: 'nobody said that it is on' },
    conversations: [
      {
        agent: 'a',
        case: 'i',
        prompt: 'p',
        status: 200,
        toolCalls: [{ tool: 't', arguments: {}, ok: false, latencyMs: 1, decisionId: 'd-1' }],
        sockets: [{ proto: 'tcp', host: 'h', address: '192.0.2.1', port: 443, outcome: 'EPERM' }],
      },
    ],
    trace: [
      { kind: 'session', sessionId: 's', entry: 'a', userInput: 'p' },
      {
        kind: 'decision',
        exchange: false,
        decisionId: 'd-1',
        sessionId: 's',
        tokenHash: null,
        tool: 'm/t',
        arguments: { x: 1 },
        allow: false,
        reason: 'r',
        checks: [{ check: 'C', outcome: 'BLOCK', reason: 'r' }],
      },
      {
        kind: 'flow',
        eventId: 'f',
        app: 'a',
        proto: 'udp',
        destination: '192.0.2.1',
        port: 53,
        verdict: 'deny',
        ...noToken,
      },
    ],
    ledger: [{ tool: 't', arguments: { x: 1 }, requestId: 'd-1' }],
    logged: new Set(['d-1']),
  });
});
