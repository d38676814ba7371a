import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Listening, listen, readJson, sendJson } from '../http/listen.ts';
import { BankRefusal, openBank } from './bank.ts';
import { callTool, type ToolArguments } from './call_tool.ts';
import { digest, Ledger } from './ledger.ts';
import { tools } from './tools.ts';

export interface BankOptions {
  readonly host: string;
  readonly port: number;
  readonly ledgerPath: string;
  readonly now: () => Date;
}

/** The bank: MCP over Streamable HTTP at `/mcp`, stateless, with JSON answers. */
export async function startBank(options: BankOptions): Promise<Listening> {
  const ledger = new Ledger(options.ledgerPath);
  const call = toolCaller(ledger, options.now);
  const listening = await listen(
    (request, response) => {
      answer(request, response, call).catch(() => response.destroy());
    },
    options.host,
    options.port,
  );
  return {
    ...listening,
    close: async () => {
      await listening.close();
      ledger.close();
    },
  };
}

type CallTool = (name: string, args: unknown, requestId: string | null) => CallToolResult;

function toolCaller(ledger: Ledger, now: () => Date): CallTool {
  const bank = openBank();
  const ajv = new Ajv2020({ allErrors: true });
  const validators = new Map(tools.map((tool) => [tool.name, ajv.compile(tool.inputSchema)]));
  return (name, args, requestId) => {
    const validate = validators.get(name);
    if (validate === undefined) throw new McpError(ErrorCode.InvalidParams, `no tool \`${name}\``);
    if (!validate(args)) throw new McpError(ErrorCode.InvalidParams, ajv.errorsText(validate.errors));
    const at = now().toISOString();
    // the schema admits only strings and numbers
    const { ok, result } = execute(() => callTool(bank, name, args as ToolArguments, at.slice(0, 10)));
    ledger.append({ at, tool: name, arguments: args, ok, result_digest: digest(result), request_id: requestId });
    return { content: [{ type: 'text', text: JSON.stringify(result) }], isError: !ok };
  };
}

function execute(run: () => unknown): { readonly ok: boolean; readonly result: unknown } {
  try {
    return { ok: true, result: run() };
  } catch (error) {
    if (error instanceof BankRefusal) return { ok: false, result: { refused: error.message } };
    throw error;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, call: CallTool): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
  if (path !== '/mcp') return sendJson(response, 404, { error: 'not found' });
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const body = await readJson(request);
  if (body === undefined) return sendJson(response, 400, { error: 'the body is no JSON' });
  const server = mcpServer(call);
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.once('close', () => {
    server.close().catch(() => undefined);
  });
  await server.connect(transport);
  await transport.handleRequest(request, response, body);
}

function mcpServer(call: CallTool): Server {
  const server = new Server({ name: 'bank', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...tools] }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const requestId = extra.requestInfo?.headers['x-request-id'];
    return call(params.name, params.arguments ?? {}, typeof requestId === 'string' ? requestId : null);
  });
  return server;
}
