import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../policies/contract.ts';
import type { MasRegistration, TokenClaims } from '../../policies/wire.ts';
import { delegate, exchangeCall, select, startSession } from '../http/testing/steps.ts';
import { startTestRuntime, type TestRuntime } from '../http/testing/test_runtime.ts';

const agents = ['a0', 'a1', 'a2', 'a3'];
const tools = ['t0', 't1', 't2'];

/** Any edges between four agents, and any tools of one server for each of them. */
interface Graph {
  readonly edges: readonly (readonly number[])[];
  readonly allowed: readonly (readonly string[])[];
}
const graphs: fc.Arbitrary<Graph> = fc.record({
  edges: fc.array(fc.uniqueArray(fc.nat(3), { maxLength: 3 }), { minLength: 4, maxLength: 4 }),
  allowed: fc.array(fc.uniqueArray(fc.constantFrom(...tools), { minLength: 1 }), { minLength: 4, maxLength: 4 }),
});
/** Where the session's holders try to go, one after the other: an agent, or a tool. */
const walks = fc.array(fc.oneof(fc.constantFrom(...agents), fc.constantFrom(...tools)), { minLength: 1, maxLength: 6 });

function registration(namespace: string, graph: Graph): MasRegistration {
  const host = (name: string): JsonObject => ({
    kubernetesWorkloadName: name,
    baseUrl: { host: `${name}:8080`, scheme: 'http' },
  });
  return {
    multiAgentSystem: {
      apiVersion: 'casa.io/v1alpha1',
      kind: 'MultiAgentSystem',
      metadata: { name: 'walk', namespace },
      spec: {
        name: 'walk',
        apps: [
          ...agents.map((name) => ({
            name,
            type: 'agent',
            httpRequestSchema: { promptFieldJsonPath: '{.p}' },
            ...host(name),
          })),
          {
            name: 'server',
            type: 'mcp_server',
            tools: tools.map((name) => ({ name, description: name })),
            ...host('server'),
          },
        ],
      },
    },
    policies: agents.map((name, index) => ({
      apiVersion: 'casa.io/v1alpha1',
      kind: 'CASAPolicy',
      metadata: { name, namespace },
      spec: {
        targetRef: { kind: 'Deployment', name },
        allowedEndpoints: [
          ...(graph.edges[index] ?? []).filter((to) => to !== index).map((to) => `a${to}`),
          'server',
        ].map((to) => ({ name: to, namespace, port: 8080 })),
        tools: (graph.allowed[index] ?? []).map((tool) => ({ server: 'server', name: tool, effect: 'Allow' })),
      },
    })),
  };
}

let runtime: TestRuntime;
beforeAll(async () => {
  runtime = await startTestRuntime();
});
afterAll(() => runtime.close());

describe('exchange', () => {
  it('never widens the tools, the scope or the life it was given', async () => {
    let systems = 0;
    let issued = 0;
    await fc.assert(
      fc.asyncProperty(graphs, walks, async (graph, walk) => {
        systems += 1;
        const mas = await runtime.install(registration(`n${systems}`, graph));
        const session = await startSession(mas, 'a0');
        let holder = { app: 'a0', token: session.access_token };
        for (const step of walk) {
          const isTool = tools.includes(step);
          if (isTool) await select(mas, holder.app, session.session_id, [[`server/${step}`, {}]]);
          const response = isTool
            ? await exchangeCall(mas, { ...holder, tool: `server/${step}`, arguments: {} })
            : await delegate(mas, holder.app, holder.token, step);
          if (response.statusCode !== 200) continue;
          issued += 1;
          const subject = decodeJwt<TokenClaims>(holder.token);
          const token = decodeJwt<TokenClaims>(response.json().access_token);
          expect(subject.tools).toEqual(expect.arrayContaining([...(token.tools ?? [])]));
          expect(subject.scope.split(' ')).toEqual(expect.arrayContaining(token.scope.split(' ').filter(Boolean)));
          expect(token.exp).toBeLessThanOrEqual(subject.exp);
          expect(token.session_id).toBe(subject.session_id);
          expect(token.act).toEqual(
            subject.act === undefined ? { sub: holder.app } : { sub: holder.app, act: subject.act },
          );
          if (!isTool) holder = { app: step, token: response.json().access_token };
        }
      }),
      { numRuns: 25 },
    );
    expect(issued).toBeGreaterThan(10);
  });
});
