import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../policies/wire.ts';
import { bank } from '../../http/testing/bank.ts';
import { exchangeCall, select, startSession } from '../../http/testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from '../../http/testing/test_runtime.ts';

let runtime: TestRuntime;
let mas: TestMas;
let session: Awaited<ReturnType<typeof startSession>>;
const call = { app: 'teller', tool: 'ledger/balance', arguments: { account: 'A-1' } };

beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
  session = await startSession(mas);
  await exchangeCall(mas, { ...call, token: session.access_token });
  await select(mas, 'teller', session.session_id, [[call.tool, call.arguments]]);
  await exchangeCall(mas, { ...call, token: session.access_token });
  await mas.pep('teller').json(paths.events, { events: [decided()] });
  await runtime.parts.events.flush();
});
afterAll(() => runtime.close());

/** The call as the enforcement point tells it. */
function decided(): object {
  return {
    event_id: 'e-1',
    kind: 'tool_call',
    mas: mas.mas,
    session_id: session.session_id,
    at: '2027-01-15T08:00:00.010Z',
    trace_id: session.trace_id,
    token_hash: null,
    phase: 'outbound',
    caller: 'teller',
    caller_type: 'agent',
    callee: { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 },
    protocol: 'mcp',
    operation: 'tools/call',
    tool: call.tool,
    arguments: call.arguments,
    decision_id: 'd-1',
    decision: { allow: false, reason: 'limit_exceeded', checks: [], grant: { tools: [], scope: [] } },
    decided_in_ms: 3,
  };
}

async function lines(query: string): Promise<readonly { readonly [name: string]: unknown }[]> {
  const { statusCode, body } = await runtime.admin('GET', `${paths.traceExport}?${query}`);
  expect(statusCode).toBe(200);
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the trace, exported', () => {
  it('as lines holds every event once, in order', async () => {
    const { events } = (await runtime.admin('GET', paths.trace)).json();
    expect(await lines('form=ndjson')).toEqual(events);
    expect(events.length).toBeGreaterThan(4);
  });

  it('as a decision log holds what was decided, and nothing else', async () => {
    const entries = await lines(`form=opa&mas=${mas.mas}`);
    expect(entries.map(({ result }) => (result as { reason: string }).reason)).toEqual([
      'no_llm_calls_made_by_app',
      'ok',
      'limit_exceeded',
    ]);
    expect(entries[2]).toEqual({
      labels: { id: 'e-1', mas: 'bank.demo', app: 'teller', phase: 'outbound' },
      decision_id: 'd-1',
      trace_id: session.trace_id,
      path: 'casa/decision',
      input: {
        mas: 'bank.demo',
        session_id: session.session_id,
        phase: 'outbound',
        caller: { app: 'teller', type: 'agent' },
        callee: { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 },
        protocol: 'mcp',
        operation: 'tools/call',
        tool: { server: 'ledger', name: 'balance', arguments: { account: 'A-1' } },
      },
      result: { allow: false, reason: 'limit_exceeded', checks: [], grant: { tools: [], scope: [] } },
      timestamp: '2027-01-15T08:00:00.010Z',
    });
  });

  it('as OpenTelemetry is a span a call, an error when denied', async () => {
    const spans = (await lines(`form=otlp&session=${session.session_id}`)).map(
      (line) => JSON.parse(JSON.stringify(line)).resourceSpans[0].scopeSpans[0].spans[0],
    );
    expect(spans.map(({ name }) => name)).toEqual(['exchange ledger', 'exchange ledger', 'tools/call balance']);
    const span = spans[2];
    expect(span).toMatchObject({
      traceId: session.trace_id,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      kind: 3,
      startTimeUnixNano: '1800000000007000000',
      endTimeUnixNano: '1800000000010000000',
      status: { code: 2, message: 'limit_exceeded' },
    });
    expect(span.attributes).toContainEqual({ key: 'mcp.method.name', value: { stringValue: 'tools/call' } });
    expect(span.attributes).toContainEqual({ key: 'gen_ai.tool.name', value: { stringValue: 'balance' } });
    expect(span.attributes).toContainEqual({ key: 'casa.decision.allow', value: { boolValue: false } });
  });

  it('in a form that is none is refused, and without the management token too', async () => {
    expect((await runtime.admin('GET', `${paths.traceExport}?form=csv`)).statusCode).toBe(400);
    expect((await runtime.app.inject({ method: 'GET', url: paths.traceExport })).statusCode).toBe(401);
  });
});
