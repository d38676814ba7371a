/** For tests: a small bank as a user would declare it. */
import type { JsonObject } from '../../../policies/contract.ts';
import type { MasRegistration } from '../../../policies/wire.ts';

const amountSchema = { type: 'object', properties: { to: { type: 'string' }, amount: { type: 'number' } } };

/** `teller` may call its helper and both servers; the `helper` only the archive; limits hold on `pay` and `tip`. */
export function bank(namespace = 'bank', spec: JsonObject = {}): MasRegistration {
  return {
    multiAgentSystem: {
      apiVersion: 'casa.io/v1alpha1',
      kind: 'MultiAgentSystem',
      metadata: { name: 'demo', namespace },
      spec: {
        name: 'demo bank',
        llm_host: 'llm.example.com',
        tokenTtlSeconds: 300,
        sessionTtlSeconds: 3600,
        apps: [
          app('web', 'client', {}),
          app('teller', 'agent', { httpRequestSchema: { promptFieldJsonPath: '{.content}' } }),
          app('helper', 'agent', { httpRequestSchema: { promptFieldJsonPath: '{.content}' } }),
          app('ledger', 'mcp_server', {
            tools: [
              { name: 'balance', description: 'reads a balance', inputSchema: balanceSchema },
              { name: 'pay', description: 'pays', inputSchema: amountSchema },
              { name: 'tip', description: 'tips', inputSchema: amountSchema, selection: 'name' },
            ],
          }),
          app('archive', 'mcp_server', {
            tools: [{ name: 'search', description: 'searches', inputSchema: { type: 'object' } }],
          }),
        ],
        ...spec,
      },
    },
    policies: [
      policy(namespace, 'teller', {
        allowedEndpoints: ['helper', 'ledger', 'archive'].map((name) => ({ name, namespace, port: 8080 })),
        tools: [
          { server: 'ledger', name: 'balance', effect: 'Allow' },
          {
            server: 'ledger',
            name: 'pay',
            effect: 'Allow',
            limits: { callsPerSession: 2, sum: { argument: 'amount', max: 100 } },
          },
          { server: 'ledger', name: 'tip', effect: 'Allow' },
          { server: 'archive', name: '*', effect: 'Allow' },
        ],
      }),
      policy(namespace, 'helper', { allowedEndpoints: [{ name: 'archive', namespace, port: 8080 }] }),
    ],
  };
}

const balanceSchema = {
  type: 'object',
  properties: { account: { type: 'string' }, currency: { type: 'string', default: 'EUR' } },
};

function app(name: string, type: string, more: JsonObject): JsonObject {
  return { name, type, kubernetesWorkloadName: name, baseUrl: { host: `${name}:8080`, scheme: 'http' }, ...more };
}

function policy(namespace: string, workload: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'casa.io/v1alpha1',
    kind: 'CASAPolicy',
    metadata: { name: workload, namespace },
    spec: { targetRef: { kind: 'Deployment', name: workload }, ...spec },
  };
}
