import {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { readJson, sendJson } from '../http/listen.ts';

/** A real endpoint. The key is known to the relaying process only. */
export interface Endpoint {
  /** Where `/v1` of ours lies there, such as `https://api.example.com/v1`. */
  readonly baseUrl: URL;
  readonly apiKey: string;
  readonly model: string;
}

/** The endpoint by its host (`api.example.com`, or a URL with a path), key and model id. */
export function parseEndpoint(host: string, apiKey: string, model: string): Endpoint {
  const baseUrl = new URL(host.includes('://') ? host : `https://${host}`);
  if (baseUrl.pathname === '/') baseUrl.pathname = '/v1';
  return { baseUrl, apiKey, model };
}

/** Passes each request to the endpoint, with its key and model; the caller's own credentials go no further. */
export function relayTo(endpoint: Endpoint): RequestListener {
  const send = endpoint.baseUrl.protocol === 'https:' ? requestHttps : requestHttp;
  return forward((incoming, body) => {
    const path = (incoming.url ?? '').replace(/^\/v1/, '');
    const url = new URL(endpoint.baseUrl.href.replace(/\/$/, '') + path);
    const text = body === undefined ? '' : JSON.stringify({ ...Object(body), model: endpoint.model });
    const headers = { ...plainHeaders(text), authorization: `Bearer ${endpoint.apiKey}` };
    return send(url, { method: incoming.method, headers }).end(text);
  });
}

/** Passes each request to a relay in another network, through its unix socket. */
export function forwardToSocket(socketPath: string): RequestListener {
  return forward((incoming, body) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const options = { socketPath, path: incoming.url, method: incoming.method, headers: plainHeaders(text) };
    return requestHttp(options).end(text);
  });
}

function forward(send: (incoming: IncomingMessage, body: unknown) => ClientRequest): RequestListener {
  return (incoming, response) => {
    readJson(incoming).then(
      (body) => pass(send(incoming, body), response),
      () => response.destroy(),
    );
  };
}

function pass(outgoing: ClientRequest, response: ServerResponse): void {
  outgoing.on('response', (answer) => {
    const { 'content-type': contentType = 'application/json' } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { 'content-type': contentType });
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else sendJson(response, 502, { error: { message: `the model cannot be reached: ${error.message}` } });
  });
  response.on('close', () => outgoing.destroy());
}

function plainHeaders(text: string): OutgoingHttpHeaders {
  return {
    'accept-encoding': 'identity',
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
}
