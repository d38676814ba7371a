import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../policies/contract.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { PolicySet } from '../policy/policy_set.ts';
import { serveStoredMas } from '../policy/stored_mas.ts';
import { startTestRuntime, type TestRuntime } from './testing/test_runtime.ts';

const mas = 'bank.demo';
const listed = new Set(['balance']);
const tokens: string[] = [];
let runtime: TestRuntime;
let server: Server;
let host: string;

/** A real MCP server whose tools change while it runs. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    tokens.push(request.headers.authorization ?? '');
    const mcp = new McpServer({ name: 'ledger', version: '1' });
    for (const name of listed) {
      const said = { description: `does ${name}`, annotations: { readOnlyHint: true } };
      mcp.registerTool(name, said, () => ({ content: [] }));
    }
    // Without session ids: each request is answered by itself.
    const transport = new StreamableHTTPServerTransport({});
    // `as`: the SDK's own transport, which `exactOptionalPropertyTypes` takes for something else.
    await mcp.connect(transport as Parameters<typeof mcp.connect>[0]);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  runtime = await startTestRuntime();
  await runtime.admin('POST', '/mas', registration());
});
afterAll(async () => {
  await runtime.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function registration(more: JsonObject = {}, tools?: readonly JsonObject[]) {
  const app = (name: string, type: string, at: string, rest: JsonObject = {}) => ({
    name,
    type,
    kubernetesWorkloadName: name,
    baseUrl: { host: at, scheme: 'http' },
    ...rest,
  });
  return {
    multiAgentSystem: {
      apiVersion: 'casa.io/v1alpha1',
      kind: 'MultiAgentSystem',
      metadata: { name: 'demo', namespace: 'bank' },
      spec: {
        name: 'demo',
        llm_host: 'llm.example.com',
        apps: [
          app('teller', 'agent', 'teller:8000'),
          app('ledger', 'mcp_server', host, tools === undefined ? {} : { tools: [...tools] }),
        ],
        ...more,
      },
    },
    policies: [],
  };
}

function reasonOf(tool: string): string {
  return runtime.parts.policies.evaluate({
    phase: 'outbound',
    mas,
    now: 1,
    caller: { app: 'teller', type: 'agent' },
    callee: runtime.parts.policies.callee(mas, 'ledger') ?? { kind: 'other', app: null, host: '', port: 1 },
    protocol: 'mcp',
    operation: 'tools/call',
    tool: { server: 'ledger', name: tool, arguments: {} },
    token: null,
    session: { state: 'live' },
    selected: null,
    semantic: null,
    counters: {},
    problem: null,
    start_peer: null,
  }).reason;
}

const discover = (app = 'ledger') => runtime.admin('POST', `/mas/${mas}/apps/${app}/discover`);

describe('tools of a server that declares none', () => {
  it('are denied until they are known, and a tool that appears later is, too', async () => {
    expect(reasonOf('balance')).toBe('tool_unknown');
    const found = await discover();
    expect(found.json()).toMatchObject({ app: 'ledger', tools: ['balance'], unnamable: 0 });
    expect(reasonOf('balance')).toBe('ok');
    listed.add('pay');
    expect(reasonOf('pay')).toBe('tool_unknown');
    expect((await discover()).json().tools).toEqual(['balance', 'pay']);
    expect(reasonOf('pay')).toBe('ok');
  });

  it('are asked for with a token of the server itself that is good for discovery only', () => {
    const claims = tokens.map((header) => decodeJwt(header.replace('Bearer ', '')));
    expect(claims.length).toBeGreaterThan(0);
    for (const one of claims) expect(one).toMatchObject({ aud: 'ledger', sub: 'ledger', scope: 'discover', tools: [] });
  });

  it('are not what the server says of itself: a hint makes no tool one that only reads', () => {
    expect(runtime.parts.policies.get(mas)?.system.tools.ledger?.balance).toEqual({
      reads_only: false,
      selection: 'exact',
    });
  });

  it('stay known over a change of the manifest and over a new start', async () => {
    expect((await runtime.admin('PUT', `/mas/${mas}`, registration({ tokenTtlSeconds: 60 }))).statusCode).toBe(200);
    expect(reasonOf('pay')).toBe('ok');
    const modules = readPolicyModules();
    const again = await PolicySet.open(modules.wasm);
    await serveStoredMas(runtime.parts.store, again, modules, 1);
    expect(again.get(mas)?.revision).toBe(runtime.parts.policies.get(mas)?.revision);
  });

  it('give way to those that the manifest declares', async () => {
    await runtime.admin('PUT', `/mas/${mas}`, registration({}, [{ name: 'declared' }]));
    expect([reasonOf('pay'), reasonOf('declared')]).toEqual(['tool_unknown', 'ok']);
    expect((await discover()).statusCode).toBe(409);
  });

  it('cannot be asked of an app that is none, is no server, or does not answer; nothing changes', async () => {
    await runtime.admin('PUT', `/mas/${mas}`, registration());
    const before = runtime.parts.policies.get(mas)?.revision;
    expect((await discover('nobody')).statusCode).toBe(409);
    expect((await discover('teller')).statusCode).toBe(409);
    const elsewhere = registration();
    elsewhere.multiAgentSystem.spec.apps[1] = {
      ...registration().multiAgentSystem.spec.apps[1],
      baseUrl: { host: '127.0.0.1:1', scheme: 'http' },
    } as never; // the same app at a port where nobody listens
    await runtime.admin('PUT', `/mas/${mas}`, elsewhere);
    expect((await discover()).statusCode).toBe(502);
    await runtime.admin('PUT', `/mas/${mas}`, registration());
    expect(runtime.parts.policies.get(mas)?.revision).toBe(before);
  });

  it('are nobody else’s to ask for', async () => {
    const response = await runtime.app.inject({ method: 'POST', url: `/mas/${mas}/apps/ledger/discover` });
    expect(response.statusCode).toBe(401);
  });
});
