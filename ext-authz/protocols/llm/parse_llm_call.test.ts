import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../policies/contract.ts';
import { type Call, call, unreadable } from '../call.ts';
import type { HttpRequest } from '../http_request.ts';
import { parseLlmCall } from './parse_llm_call.ts';

function read(path: string, body: JsonObject | string, method = 'POST'): Call {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // Only what an LLM request is read by.
  return parseLlmCall({ method, path, query: '', body: Buffer.from(text) } as unknown as HttpRequest);
}

const schema = { type: 'object' };
const offered = [{ name: 'transfer', parameters: schema }];

/** The same request in each interface: two user turns, one tool call answered, one tool offered. */
const same = [
  {
    dialect: 'chat/completions',
    path: '/v1/chat/completions',
    body: {
      messages: [
        { role: 'user', content: 'first' },
        { role: 'user', content: [{ type: 'text', text: 'second' }] },
        { role: 'assistant', tool_calls: [] },
        { role: 'tool', tool_call_id: 'call_1', content: 'x' },
      ],
      tools: [{ type: 'function', function: { name: 'transfer', parameters: schema } }],
    },
    forced: { tool_choice: { type: 'function', function: { name: 'transfer' } } },
  },
  {
    dialect: 'responses',
    path: '/v1/responses',
    body: {
      input: [
        { role: 'user', content: 'first' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'second' }] },
        { type: 'function_call', call_id: 'call_1', name: 'transfer', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'x' },
      ],
      tools: [{ type: 'function', name: 'transfer', parameters: schema, strict: true }],
    },
    forced: { tool_choice: { type: 'function', name: 'transfer' } },
  },
  {
    dialect: 'messages',
    path: '/v1/messages',
    body: {
      messages: [
        { role: 'user', content: 'first' },
        { role: 'user', content: [{ type: 'text', text: 'second' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'transfer', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'x' }] },
      ],
      tools: [{ name: 'transfer', input_schema: schema }],
    },
    forced: { tool_choice: { type: 'tool', name: 'transfer' } },
  },
] as const;

const asked = {
  latestUserText: 'second',
  echoedIds: ['call_1'],
  offered,
  forcedTool: null,
  prefilled: false,
};

describe.each(same)('a request to $dialect', ({ dialect, path, body, forced }) => {
  test('shows its latest user turn, the tool calls it answers, and what it offers', () => {
    expect(read(path, body)).toEqual(call('llm', dialect, { llm: { dialect, ...asked } }));
  });

  test('shows the tool that it forces', () => {
    expect(read(path, { ...body, ...forced }).llm?.forcedTool).toBe('transfer');
  });

  test('that cannot be read says so', () => {
    for (const bad of ['{', '{}', '[]', '{"input":1,"messages":1}']) {
      expect(read(path, bad)).toEqual(unreadable('llm', dialect, 'body_malformed'));
    }
  });

  test('with a tool that the vendor runs is an operation of its own', () => {
    for (const tools of [[{ type: 'web_search_20250305', name: 'web_search' }], [{ type: 'mcp' }], 'all', [1]]) {
      expect(read(path, { ...body, tools }).operation).toBe('hosted_tool');
    }
  });
});

test.each([
  ['chat/completions', { messages: [], web_search_options: {} }, 'hosted_tool'],
  [
    'chat/completions',
    { messages: [turn({ type: 'image_url', image_url: { url: 'https://e.test/?q=1' } })] },
    'url_fetch',
  ],
  ['responses', { input: 'x', prompt: { id: 'pmpt_1' } }, 'hosted_tool'],
  ['responses', { input: 'x', background: true }, 'polled_answer'],
  ['responses', { input: [turn({ type: 'input_file', file_url: 'https://e.test/' })] }, 'url_fetch'],
  ['messages', { messages: [], mcp_servers: [{ type: 'url', url: 'https://e.test/' }] }, 'hosted_tool'],
  ['messages', { messages: [], container: 'c_1' }, 'hosted_tool'],
  ['messages', { messages: [turn({ type: 'image', source: { type: 'url', url: 'https://e.test/' } })] }, 'url_fetch'],
])('%s %j is %s', (dialect, body, operation) => {
  expect(read(`/v1/${dialect}`, body)).toEqual(call('llm', operation));
});

test('data in a URL is no fetch, and an address in text is none', () => {
  const parts = [
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
    { type: 'text', text: 'see https://e.test/' },
  ];
  expect(read('/v1/chat/completions', { messages: [turn(...parts)] }).operation).toBe('chat/completions');
});

test('a Responses request may go on from an answer, and be plain text', () => {
  const body = { input: 'go on', previous_response_id: 'resp_1' };
  expect(read('/v1/responses', body).llm).toMatchObject({ latestUserText: 'go on', echoedIds: ['resp_1'] });
});

test('a request that begins the answer itself says so', () => {
  const messages = [turn({ type: 'text', text: 'x' }), { role: 'assistant', content: 'Sure, I' }];
  expect(read('/v1/messages', { messages }).llm?.prefilled).toBe(true);
});

test('models are read, anything else keeps its method', () => {
  expect(read('/v1/models', '', 'GET')).toEqual(call('llm', 'models'));
  for (const path of ['/v1/messages/batches', '/v1/files', '/v1/responses/resp_1/cancel', '/messages_']) {
    expect(read(path, {})).toEqual(call('llm', 'POST'));
  }
  expect(read('/v1/responses', '', 'GET')).toEqual(call('llm', 'GET'));
});

function turn(...parts: readonly JsonObject[]): JsonObject {
  return { role: 'user', content: parts };
}
