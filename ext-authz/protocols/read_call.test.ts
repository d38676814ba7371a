import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Callee } from '../../policies/contract.ts';
import { httpRequest, pepDocument } from '../testing/requests.ts';
import { call } from './call.ts';
import { readCall } from './read_call.ts';

const bank: Callee = { kind: 'app', app: 'bank', host: 'bank', port: 8080 };
const agent: Callee = { kind: 'app', app: 'agent', host: 'agent', port: 8082 };
const llm: Callee = { kind: 'llm', app: null, host: 'llm', port: 9000 };
const other: Callee = { kind: 'other', app: null, host: 'db', port: 5432 };
const read = (callee: Callee, parts: Parameters<typeof httpRequest>[0]) =>
  readCall(callee, pepDocument, httpRequest(parts));
const rpc = (method: string, params?: unknown, id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params });

describe('MCP', () => {
  test('a tool call is server, name and arguments', () => {
    const body = rpc('tools/call', { name: 'transfer', arguments: { to: 'eve', amount: 5 } });
    expect(read(bank, { body })).toEqual(
      call('mcp', 'tools/call', {
        rpcId: 1,
        tool: { server: 'bank', name: 'transfer', id: 'bank/transfer', arguments: { to: 'eve', amount: 5 } },
      }),
    );
  });

  test.each([
    ['a batch', [rpc('tools/call', { name: 'balance' })]],
    ['arguments that are no object', rpc('tools/call', { name: 'balance', arguments: [1] })],
    ['a tool call without a name', rpc('tools/call', {})],
    ['no JSON-RPC', { method: 'tools/call' }],
    ['an id that is an object', rpc('ping', {}, {})],
    ['duplicate keys', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}'],
    ['a call that is an answer as well', { ...rpc('tools/call', { name: 'balance' }), result: {} }],
    ['a call that is an error as well', { ...rpc('tools/call', { name: 'balance' }), error: { code: 1, message: '' } }],
    ['nothing', ''],
  ])('%s is unreadable', (_, body) => {
    expect(read(bank, { body })).toMatchObject({ problem: 'body_malformed', tool: null });
  });

  test.each([
    ['mcp-method', 'tools/list'],
    ['mcp-name', 'balance'],
    ['mcp-name', '=?base64?YmFsYW5jZQ==?='],
  ])('a header %s that says something else is a mismatch', (header, value) => {
    const body = rpc('tools/call', { name: 'transfer' });
    expect(read(bank, { body, headers: { [header]: value } }).problem).toBe('header_body_mismatch');
  });

  test('headers that agree are no problem', () => {
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?dHJhbnNmZXI=?=' };
    expect(read(bank, { body: rpc('tools/call', { name: 'transfer' }), headers }).problem).toBeNull();
  });

  test('a protocol version that header and body disagree about is a mismatch', () => {
    const params = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
    const headers = { 'mcp-protocol-version': '2025-11-25' };
    expect(read(bank, { body: rpc('tools/list', params), headers }).problem).toBe('header_body_mismatch');
  });

  test('notifications have no id; other methods are their own operation', () => {
    const note = read(bank, { body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(note).toEqual(call('mcp', 'notifications/initialized'));
    expect(read(bank, { body: rpc('resources/read', {}) }).operation).toBe('resources/read');
    expect(read(bank, { body: { jsonrpc: '2.0', id: 1, result: {} } }).operation).toBe('response');
  });

  test('GET opens a stream, DELETE ends the session, other paths are plain HTTP', () => {
    expect(read(bank, { method: 'GET' })).toEqual(call('mcp', 'http/get_stream'));
    expect(read(bank, { method: 'DELETE' })).toEqual(call('mcp', 'http/delete_session'));
    expect(read(bank, { path: '/mcp/', body: rpc('ping') })).toEqual(call('http', 'POST'));
    expect(read(bank, { path: '/%6dcp', body: rpc('ping') })).toEqual(call('http', 'POST'));
  });
});

describe('agents', () => {
  const chat = { path: '/chat' };

  test('text at the path is a prompt', () => {
    expect(read(agent, { ...chat, body: { content: 'hello' } })).toEqual(call('a2a', 'prompt', { prompt: 'hello' }));
  });

  test.each([[{ content: ' ' }], [{ content: 5 }], [{}], [[{ content: 'x' }]]])('%j is no prompt', (body) => {
    expect(read(agent, { ...chat, body })).toEqual(call('http', 'POST'));
  });

  test('what another reader might find a prompt in is unreadable', () => {
    expect(read(agent, { ...chat, body: '{"content":"a","content":"b"}' }).problem).toBe('body_malformed');
    expect(read(agent, { ...chat, body: 'x', headers: { 'content-type': 'application/json' } }).problem).toBe(
      'body_malformed',
    );
    expect(read(agent, { ...chat, body: 'plain text' })).toEqual(call('http', 'POST'));
  });

  test('A2A 1.0 and 0.3 spell the same operation', () => {
    const params = { message: { parts: [{ text: 'hi' }] } };
    const expected = call('a2a', 'SendMessage', { rpcId: 1, prompt: 'hi' });
    expect(read(agent, { path: '/', body: rpc('SendMessage', params) })).toEqual(expected);
    expect(read(agent, { path: '/', body: rpc('message/send', params) })).toEqual(expected);
  });

  test('the agent card and open paths need no body and no query', () => {
    expect(read(agent, { method: 'GET', path: '/.well-known/agent-card.json' })).toEqual(call('a2a', 'agent_card'));
    expect(read(agent, { method: 'GET', path: '/healthz' })).toEqual(call('http', 'open_path'));
    expect(read(agent, { method: 'GET', path: '/healthz', query: '?a' })).toEqual(call('http', 'GET'));
    expect(read(agent, { method: 'GET', path: '/healthz', body: 'x' }).operation).toBe('GET');
  });
});

test('what is neither app nor LLM is plain HTTP', () => {
  expect(read(other, { method: 'PUT', path: '/mcp', body: 'x' })).toEqual(call('http', 'PUT'));
});

test('no body makes reading throw, and none is a tool call unless it says so once', () => {
  const fragments = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"method":',
    '"tools/call"',
    '"jsonrpc":"2.0"',
    ',',
    '"id":1',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.constantFrom(bank, agent, llm, other), fc.array(fragments, { maxLength: 12 }), (callee, parts) => {
      expect(read(callee, { body: parts.join('') }).tool).toBeNull();
    }),
  );
});
