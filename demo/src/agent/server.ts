import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Listening, listen, readJson, sendJson } from '../http/listen.ts';

/** What an agent does with the JSON body of a POST to a path. */
export type Routes = { readonly [path: string]: (body: unknown) => Promise<unknown> };

/** A mistake in the request. */
export class BadRequest extends Error {}

/** An agent's HTTP side: the routes, and `GET /healthz`. */
export function startAgent(name: string, routes: Routes, host: string, port: number): Promise<Listening> {
  return listen(
    (request, response) => {
      answer(name, routes, request, response).catch((error: unknown) => {
        const status = error instanceof BadRequest ? 400 : 502;
        sendJson(response, status, { error: error instanceof Error ? error.message : String(error) });
      });
    },
    host,
    port,
  );
}

async function answer(name: string, routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0] ?? '';
  if (request.method === 'GET' && path === '/healthz') return sendJson(response, 200, { status: 'ok', agent: name });
  const route = request.method === 'POST' ? routes[path] : undefined;
  if (route === undefined) return sendJson(response, 404, { error: 'not found' });
  sendJson(response, 200, await route(await readJson(request)));
}

/** The prompt of a `POST /chat` body. */
export function parsePrompt(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('content' in body) || typeof body.content !== 'string') {
    throw new BadRequest('the body has no `content`');
  }
  return body.content;
}
