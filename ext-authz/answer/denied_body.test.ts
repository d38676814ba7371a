import { describe, expect, test } from 'vitest';
import { call } from '../protocols/call.ts';
import { deniedBody } from './denied_body.ts';

const shape = (...parameters: Parameters<typeof deniedBody>) => {
  const { status, contentType, body } = deniedBody(...parameters);
  return { status, contentType, body: JSON.parse(body) };
};
const toolCall = call('mcp', 'tools/call', { rpcId: 0 });

describe('a denial on the wire', () => {
  test('of an MCP request is a JSON-RPC error with its id', () => {
    const found = shape(toolCall, 'tool_not_selected_by_llm', 'd-1', 'jsonrpc');
    expect(found).toMatchObject({
      status: 200,
      contentType: 'application/json',
      body: {
        jsonrpc: '2.0',
        id: 0,
        error: { code: -32001, data: { reason: 'tool_not_selected_by_llm', decision_id: 'd-1' } },
      },
    });
    expect(shape(toolCall, 'tool_not_selected_by_llm', 'd-1', 'http403')).toEqual({ ...found, status: 403 });
  });

  test.each(['token_missing', 'token_invalid', 'token_expired', 'audience_mismatch', 'body_malformed'] as const)(
    'for %s is always 403',
    (reason) => {
      expect(shape(toolCall, reason, 'd-1', 'jsonrpc')).toMatchObject({
        status: 403,
        contentType: 'application/problem+json',
        body: { status: 403, reason, decision_id: 'd-1' },
      });
    },
  );

  test('of a notification, or of what was not read, is a problem', () => {
    expect(shape(call('mcp', 'tools/call'), 'session_unknown', 'd', 'jsonrpc').status).toBe(403);
    expect(shape(null, 'policy_missing', 'd', 'jsonrpc')).toMatchObject({
      status: 403,
      body: { reason: 'policy_missing' },
    });
  });

  test('of an A2A call is a JSON-RPC error of its own number', () => {
    expect(shape(call('a2a', 'SendMessage', { rpcId: 'x' }), 'session_unknown', 'd', 'jsonrpc')).toMatchObject({
      status: 403,
      body: { id: 'x', error: { code: -32050 } },
    });
    expect(shape(call('a2a', 'prompt'), 'session_unknown', 'd', 'jsonrpc').contentType).toBe(
      'application/problem+json',
    );
  });

  test("of an LLM call is OpenAI's error body", () => {
    expect(shape(call('llm', 'chat/completions'), 'session_unknown', 'd', 'jsonrpc')).toMatchObject({
      status: 403,
      body: { error: { code: 'session_unknown', type: 'permission_error' } },
    });
  });
});
