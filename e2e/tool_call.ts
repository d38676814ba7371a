import type { JsonObject } from '../policies/contract.ts';
import type { WireRequest } from './send/wire_request.ts';

/** Where the apps of the bank reach its MCP server, and everybody its Envoy. */
export const bankAt = 'bank-mcp:8080';

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
}

/** The JSON-RPC request of a tool call. */
export function rpcOf(call: ToolCall): JsonObject {
  return { jsonrpc: '2.0', id: call.id, method: 'tools/call', params: { name: call.name, arguments: call.arguments } };
}

/** A tool call as an MCP client sends it; with a token, as its Envoy passes it on. */
export function callRequest(call: ToolCall, token: string | null = null): WireRequest {
  return bodyRequest(JSON.stringify(rpcOf(call)), token);
}

/** Any body to the MCP server's endpoint. */
export function bodyRequest(body: string, token: string | null = null): WireRequest {
  const bearer = token === null ? {} : { authorization: `Bearer ${token}` };
  return { to: bankAt, path: '/mcp', headers: { ...headers, ...bearer }, body };
}
