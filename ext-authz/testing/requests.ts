import type { PepApp, PepDocument } from '../../policies/pep.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import type { HttpRequest } from '../protocols/http_request.ts';

/** A request as the proxy shows it, for tests. */
export function httpRequest(parts: {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly authority?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: unknown;
}): HttpRequest {
  const { body } = parts;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method: parts.method ?? 'POST',
    path: parts.path ?? '/mcp',
    query: parts.query ?? '',
    authority: parts.authority ?? 'bank:8080',
    headers: new Map(Object.entries(parts.headers ?? {})),
    body: Buffer.from(text),
    problem: null,
  };
}

const app: PepApp = {
  type: 'agent',
  workload: 'agent',
  host: 'agent',
  port: 8082,
  scheme: 'http',
  promptFieldJsonPath: '{.content}',
  path: '/mcp',
  openPaths: ['/healthz'],
  toolNames: null,
  tools: {},
  ingress: null,
};

export const transferSchema = {
  type: 'object',
  properties: { to: { type: 'string' }, amount: { type: 'number' } },
  required: ['to', 'amount'],
};

export const pepDocument: PepDocument = {
  mas: 'demo.bank',
  namespace: 'demo',
  revision_of: 'demo.bank',
  denials: 'jsonrpc',
  sessionTtlSeconds: 3600,
  llm: ['llm:9000'],
  apps: {
    agent: app,
    bank: {
      ...app,
      type: 'mcp_server',
      workload: 'bank',
      host: 'bank',
      port: 8080,
      promptFieldJsonPath: null,
      tools: {
        transfer: { description: 'moves money', inputSchema: transferSchema, selection: 'exact', annotations: null },
        balance: { description: 'reads', inputSchema: { type: 'object' }, selection: 'exact', annotations: null },
      },
    },
  },
};

/** As far as reading names needs it. */
export const callees: Pick<CompiledSystem['apps'][string], 'callees'> = { callees: { bank: { mcp: true } } };
