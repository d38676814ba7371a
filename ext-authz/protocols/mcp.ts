import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { nameLengthMax } from '../limits.ts';
import { type Call, call, type ToolCall, unreadable } from './call.ts';
import type { HttpRequest } from './http_request.ts';
import { isJsonObject, parseStrictJson } from './strict_json.ts';

const methodHeader = 'mcp-method';
const nameHeader = 'mcp-name';
const versionHeader = 'mcp-protocol-version';
const versionMeta = 'io.modelcontextprotocol/protocolVersion';

/** A request to an MCP server's endpoint (Streamable HTTP, 2025-11-25 and 2026-07-28). */
export function parseMcpCall(server: string, request: HttpRequest): Call {
  if (request.method === 'GET' || request.method === 'DELETE') {
    const operation = request.method === 'GET' ? 'http/get_stream' : 'http/delete_session';
    return request.body.length === 0 ? call('mcp', operation) : unreadable('mcp', operation, 'body_malformed');
  }
  if (request.method !== 'POST') return call('mcp', `http/${request.method.toLowerCase()}`);
  const message = parseStrictJson(request.body)?.value;
  // A batch is an array: MCP took it out in 2025-06-18, and one decision answers one call.
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') return unreadable('mcp', 'POST', 'body_malformed');
  if (message.method === undefined) return call('mcp', 'response');
  // A request that is an answer as well is one to some readers, and the other to others.
  if ('result' in message || 'error' in message) return unreadable('mcp', 'POST', 'body_malformed');
  if (typeof message.method !== 'string' || message.method.length > nameLengthMax) {
    return unreadable('mcp', 'POST', 'body_malformed');
  }
  return parseMethod(server, request, message, message.method);
}

function parseMethod(server: string, request: HttpRequest, message: JsonObject, method: string): Call {
  const { id, params } = message;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    return unreadable('mcp', method, 'body_malformed');
  }
  if (params !== undefined && !isJsonObject(params)) return unreadable('mcp', method, 'body_malformed');
  const parts = {
    rpcId: id,
    problem: headersAgree(request, method, params) ? null : ('header_body_mismatch' as const),
  };
  if (method !== 'tools/call') return call('mcp', method, parts);
  const tool = parseTool(server, params);
  return tool === null ? unreadable('mcp', method, 'body_malformed') : call('mcp', method, { ...parts, tool });
}

function parseTool(server: string, params: JsonObject | undefined): ToolCall | null {
  const name = params?.name;
  const given: JsonValue | undefined = params?.arguments;
  if (typeof name !== 'string' || name === '' || name.length > nameLengthMax) return null;
  if (given !== undefined && !isJsonObject(given)) return null;
  return { server, name, id: `${server}/${name}`, arguments: given ?? {} };
}

/** Mirrored headers are a witness, never the source: what they say must be what the body says. */
function headersAgree(request: HttpRequest, method: string, params: JsonObject | undefined): boolean {
  const said = request.headers.get(methodHeader);
  if (said !== undefined && said !== method) return false;
  const name = request.headers.get(nameHeader);
  if (name !== undefined && decodeHeader(name) !== (params?.name ?? params?.uri)) return false;
  const version = request.headers.get(versionHeader);
  const meta = params?._meta;
  const bodyVersion = isJsonObject(meta) ? meta[versionMeta] : undefined;
  return version === undefined || bodyVersion === undefined || isDeepStrictEqual(version, bodyVersion);
}

/** `=?base64?…?=` marks a value outside visible ASCII (MCP 2026-07-28). */
function decodeHeader(value: string): string {
  const match = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value);
  return match === null ? value : Buffer.from(match[1] as string, 'base64').toString('utf8'); // the group always matches
}
