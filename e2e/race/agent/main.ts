/** An agent that acts on a tool call at the very chunk that completes it, and once before. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { callFor, offeredTool } from '../offered_tool.ts';
import type { CallResult, RaceResult } from '../race_result.ts';

const { PORT, MCP_URL = '', OPENAI_BASE_URL = '' } = process.env;
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

createServer(async (request, response) => {
  const { content } = JSON.parse(await text(request));
  const result = await race(content).catch((error: unknown) => ({ error: String(error) }));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
}).listen(Number(PORT), '0.0.0.0');

async function race(prompt: string): Promise<RaceResult> {
  const answer = await askLlm(prompt, true);
  if (answer.body === null) throw new Error('the LLM gave no stream');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const seen = await readUntil(reader, '', (events) => events.includes('"tool_calls"'));
  const early = await callTool(prompt, 'early');
  const released = askLlm(prompt, false);
  await readUntil(reader, seen, (events) => isComplete(events));
  const called = callTool(prompt, 'at chunk');
  let streamWasOpen = true;
  void reader.closed.then(() => {
    streamWasOpen = false;
  });
  const atChunk = await called;
  const result = { early, atChunk, streamWasOpen };
  await (await released).arrayBuffer();
  while (!(await reader.read()).done);
  return result;
}

async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  before: string,
  enough: (events: string) => boolean,
): Promise<string> {
  let events = before;
  while (!enough(events)) {
    const { done, value } = await reader.read();
    if (done) throw new Error('the stream ended');
    events += value;
  }
  return events;
}

/** Whether the arguments that came so far are whole. */
function isComplete(events: string): boolean {
  const lines = events.split('\n').filter((line) => line.startsWith('data: {'));
  const parts = lines.map((line) => JSON.parse(line.slice('data: '.length)).choices[0].delta.tool_calls?.[0]);
  return parts
    .map((part) => part?.function.arguments ?? '')
    .join('')
    .endsWith('}');
}

function askLlm(prompt: string, stream: boolean): Promise<Response> {
  const body = { model: 'race', stream, messages: [{ role: 'user', content: prompt }], tools: [offeredTool] };
  return fetch(`${OPENAI_BASE_URL}/chat/completions`, { method: 'POST', headers: json, body: JSON.stringify(body) });
}

async function callTool(prompt: string, id: string): Promise<CallResult> {
  const params = { name: offeredTool.function.name, arguments: callFor(prompt) };
  const body = JSON.stringify({ jsonrpc: '2.0', id: `${id} ${prompt}`, method: 'tools/call', params });
  const answer = await fetch(MCP_URL, { method: 'POST', headers: json, body });
  return { status: answer.status, body: await answer.text() };
}
