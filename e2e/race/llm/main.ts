/**
 * An LLM that holds back the last letter of a tool call: a streaming request is answered up to it, and the same words asked
 * without streaming let it go. So an agent can act before, and at the very chunk.
 */
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { callFor, offeredTool } from '../offered_tool.ts';

const head = { id: 'chatcmpl-race', created: 0, model: 'race' };
/** The end of the stream comes long after the agent has acted. */
const endAfterMs = 150;
const held = new Map<string, ServerResponse>();

createServer(async (request, response) => {
  const { stream, messages } = JSON.parse(await text(request));
  const prompt = String(messages.at(-1)?.content);
  if (stream === true) hold(prompt, response);
  else release(prompt, response);
}).listen(Number(process.env.PORT), '0.0.0.0');

function hold(prompt: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const called = { name: offeredTool.function.name, arguments: argumentsOf(prompt).slice(0, -1) };
  sendEvent(response, {
    role: 'assistant',
    tool_calls: [{ index: 0, id: `call_${prompt}`, type: 'function', function: called }],
  });
  held.set(prompt, response);
}

function release(prompt: string, response: ServerResponse): void {
  const waiting = held.get(prompt);
  held.delete(prompt);
  if (waiting !== undefined) {
    sendEvent(waiting, { tool_calls: [{ index: 0, function: { arguments: argumentsOf(prompt).slice(-1) } }] });
    setTimeout(() => {
      sendEvent(waiting, {}, 'tool_calls');
      waiting.end('data: [DONE]\n\n');
    }, endAfterMs);
  }
  const message = { role: 'assistant', content: 'released' };
  const body = { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function argumentsOf(prompt: string): string {
  return JSON.stringify(callFor(prompt));
}

function sendEvent(response: ServerResponse, delta: object, finish: string | null = null): void {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`);
}
