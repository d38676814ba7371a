import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Listening, listen } from '../http/listen.ts';
import { tools } from '../mcp/tools.ts';
import { forwardToSocket, parseEndpoint, relayTo } from './relay.ts';
import { scripted } from './scripted.ts';

const offered = tools.map(({ name, description, inputSchema }) => ({
  type: 'function' as const,
  function: { name, description, parameters: inputSchema },
}));
const question = {
  model: 'm',
  messages: [{ role: 'user' as const, content: 'Show the balance of ACC-1001 and of ACC-1002' }],
  tools: offered,
};
const calls = ['{"account_id":"ACC-1001"}', '{"account_id":"ACC-1002"}'];

function openai(server: Listening, apiKey = 'of the agent'): OpenAI {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
}

async function withServer(listener: Parameters<typeof listen>[0], use: (server: Listening) => Promise<void>) {
  const server = await listen(listener, '127.0.0.1', 0);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

test('parallel tool calls come whole when the answer does not stream', () =>
  withServer(scripted, async (server) => {
    const { choices } = await openai(server).chat.completions.create(question);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(choices[0]?.message.tool_calls).toMatchObject(
      calls.map((args) => ({ type: 'function', function: { name: 'get_balance', arguments: args } })),
    );
  }));

test('arguments stream in several fragments, which make the same calls', () =>
  withServer(scripted, async (server) => {
    const fragments: string[][] = [[], []];
    for await (const chunk of await openai(server).chat.completions.create({ ...question, stream: true })) {
      for (const call of chunk.choices[0]?.delta.tool_calls ?? []) {
        fragments[call.index]?.push(call.function?.arguments ?? '');
      }
    }
    expect(fragments.every((parts) => parts.length > 2)).toBe(true);
    expect(fragments.map((parts) => parts.join(''))).toEqual(calls);
  }));

test('an answer without tool calls streams as text', () =>
  withServer(scripted, async (server) => {
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const stream = openai(server).chat.completions.stream({ model: 'm', messages });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toMatch(/only help/);
  }));

test('the models are listed, and what is no chat request is refused', () =>
  withServer(scripted, async (server) => {
    expect((await openai(server).models.list()).data.map((model) => model.id)).toEqual(['scripted']);
    const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
  }));

test('a relay behind a unix socket adds its key and model, and the agent sees neither', async () => {
  const seen: unknown[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'casa-llm-'));
  const socketPath = join(folder, 'relay.sock');
  await withServer(
    (request, response) => {
      seen.push(request.headers.authorization, request.url);
      scripted(request, response);
    },
    async (endpoint) => {
      const relay = createServer(relayTo(parseEndpoint(endpoint.url, 'the-real-key', 'the-real-model')));
      relay.listen(socketPath);
      await once(relay, 'listening');
      await withServer(forwardToSocket(socketPath), async (front) => {
        const whole = await openai(front).chat.completions.create(question);
        expect(whole.model).toBe('the-real-model');
        const streamed = await openai(front).chat.completions.stream(question).finalChatCompletion();
        expect(streamed.choices[0]?.message.tool_calls?.length).toBe(2);
      });
      relay.closeAllConnections();
      relay.close();
    },
  );
  await rm(folder, { recursive: true });
  const expected = ['Bearer the-real-key', '/v1/chat/completions'];
  expect(seen).toEqual([...expected, ...expected]);
});

test('a relay that cannot reach its endpoint says so', () =>
  withServer(forwardToSocket('/nonexistent/relay.sock'), async (server) => {
    await expect(openai(server).chat.completions.create(question)).rejects.toThrow(/502/);
  }));

test('a host alone means https and the usual path', () => {
  expect(parseEndpoint('api.example.com', 'k', 'm').baseUrl.href).toBe('https://api.example.com/v1');
  expect(parseEndpoint('http://127.0.0.1:9/api/v2', 'k', 'm').baseUrl.href).toBe('http://127.0.0.1:9/api/v2');
});
