import { randomUUID } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { readJson, sendJson } from '../http/listen.ts';
import { parseChatRequest } from './chat.ts';
import { plan } from './plan.ts';
import { type Completion, complete, renderStream, renderWhole } from './render_completion.ts';

/** Answers as an OpenAI-compatible server whose model is `plan`. */
export const scripted: RequestListener = (request, response) => {
  if (request.method === 'GET' && request.url === '/v1/models') {
    return sendJson(response, 200, {
      object: 'list',
      data: [{ id: 'scripted', object: 'model', created: 0, owned_by: 'demo' }],
    });
  }
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return refuse(response, 404, 'no such path');
  readJson(request).then(
    (body) => answer(body, response),
    () => response.destroy(),
  );
};

async function answer(body: unknown, response: ServerResponse): Promise<void> {
  const request = parseChatRequest(body);
  if (request === null) return refuse(response, 400, 'the body is no chat completion request');
  const completion = complete(request, plan(request), Math.floor(Date.now() / 1000), randomUUID);
  if (!request.stream) return sendJson(response, 200, renderWhole(completion));
  await stream(completion, response);
}

async function stream(completion: Completion, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const event of renderStream(completion)) {
    response.write(event);
    // each event leaves by itself, as from a model that is still thinking
    await setImmediate();
  }
  response.end();
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code: null } });
}
