import { gzipSync } from 'node:zlib';
import type { WireRequest } from './send/wire_request.ts';
import { rpcOf, type ToolCall } from './tool_call.ts';

export interface HostileBody {
  readonly title: string;
  /** The legitimate request made hostile; `call` is what it says. */
  readonly spoil: (request: WireRequest, call: ToolCall) => WireRequest;
  /** null status: the connection ends without an answer. */
  readonly expected: { readonly status: number | null; readonly reason: string | null };
}

const malformed = { status: 403, reason: 'body_malformed' };
const fiveMegabytes = 5 * 1024 * 1024;

const binary = (request: WireRequest, bytes: Buffer, headers: { [name: string]: string } = {}): WireRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
  body: bytes.toString('base64'),
  encoding: 'base64',
});

/** Every way to say an allowed call so that two readers could understand it differently, or not at all. */
export const hostileBodies: readonly HostileBody[] = [
  {
    title: 'a JSON-RPC batch',
    spoil: (request, call) => ({ ...request, body: JSON.stringify([rpcOf(call)]) }),
    expected: malformed,
  },
  {
    title: 'a batch of two',
    spoil: (request, call) => ({ ...request, body: JSON.stringify([rpcOf(call), rpcOf(call)]) }),
    expected: malformed,
  },
  {
    title: 'duplicate keys, the second a worse tool',
    spoil: (request, call) => ({
      ...request,
      body: request.body.replace(/"name":"\w+"/, (name) => `${name},"name":"transfer_funds","x":"${call.id}"`),
    }),
    expected: malformed,
  },
  {
    title: 'duplicate keys, one of them escaped',
    spoil: (request) => ({
      ...request,
      body: request.body.replace('"params":', '"\\u0070arams":{"name":"transfer_funds"},"params":'),
    }),
    expected: malformed,
  },
  {
    title: 'a body that is cut short inside its JSON',
    spoil: (request) => ({ ...request, body: request.body.slice(0, -2) }),
    expected: malformed,
  },
  {
    title: 'a body shorter than its content-length, and then silence for good',
    spoil: (request) => ({ ...request, declaredBytes: request.body.length + 100, hangsUp: true }),
    expected: { status: null, reason: null },
  },
  {
    title: 'a body of 5 MB',
    spoil: (request) => ({ ...request, body: `${request.body}${' '.repeat(fiveMegabytes)}` }),
    expected: { status: 413, reason: 'body_too_large' },
  },
  {
    title: 'a compressed body',
    spoil: (request) => binary(request, gzipSync(request.body), { 'content-encoding': 'gzip' }),
    expected: malformed,
  },
  {
    title: 'bytes that are no UTF-8',
    spoil: (request) => binary(request, Buffer.concat([Buffer.from(request.body), Buffer.from([0xff, 0xfe])])),
    expected: malformed,
  },
  {
    title: 'another content altogether',
    spoil: (request) => ({
      ...request,
      body: 'name=get_balance',
      headers: { ...request.headers, 'content-type': 'text/plain' },
    }),
    expected: malformed,
  },
  {
    title: 'a header that names another tool than the body',
    spoil: (request) => ({ ...request, headers: { ...request.headers, 'mcp-name': 'transfer_funds' } }),
    expected: { status: 403, reason: 'header_body_mismatch' },
  },
];
