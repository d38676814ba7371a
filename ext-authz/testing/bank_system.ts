import type { JsonObject } from '../../policies/contract.ts';
import { transferSchema } from './requests.ts';

export const balanceSchema = { type: 'object', properties: { account: { type: 'string' } } };

/** A MAS as a user would write it: a client, an agent and a bank. */
export function bankSystem(namespace: string): JsonObject {
  const app = (name: string, type: string, port: number, more: JsonObject = {}): JsonObject => ({
    name,
    type,
    kubernetesWorkloadName: name,
    baseUrl: { host: `${name}:${port}`, scheme: 'http' },
    ...more,
  });
  return {
    apiVersion: 'casa.io/v1alpha1',
    kind: 'MultiAgentSystem',
    metadata: { name: 'bank', namespace },
    spec: {
      name: 'Bank',
      enabledToolChecks: ['DETERMINISTIC_TOOL_SELECTED', 'DETERMINISTIC_LLM_SELECTED_TOOLS'],
      llm_host: 'llm.example.com:9000',
      apps: [
        app('client', 'client', 8081),
        app('agent', 'agent', 8082, {
          httpRequestSchema: { promptFieldJsonPath: '{.content}' },
          openPaths: ['/healthz'],
        }),
        app('ledger', 'mcp_server', 8080, {
          path: '/mcp',
          tools: [
            { name: 'transfer', description: 'moves money', inputSchema: transferSchema },
            { name: 'balance', description: 'reads', inputSchema: balanceSchema },
          ],
        }),
      ],
    },
  };
}
