import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpMessage } from '../../journey/http_message.ts';
import type { LlmAnswer } from '../../journey/llm_answer.ts';
import { listen } from './listen.ts';

/** A real server that plays an app, an LLM or any other place: it remembers what reached it, and answers as it was told. */
export class Callee {
  readonly port: number;
  readonly #server: Server;
  #arrived: HttpMessage | null = null;
  #answer: LlmAnswer | null = null;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.#arrived = messageOf(request, Buffer.concat(chunks));
        this.#respond(response, this.#arrived);
      });
    });
  }

  static async open(): Promise<Callee> {
    const server = createServer();
    return new Callee(server, await listen(server));
  }

  /** What the next request is answered with; null: as an MCP server or agent that did what was asked. */
  expect(answer: LlmAnswer | null): void {
    this.#arrived = null;
    this.#answer = answer;
  }

  /** The last request since then that reached this place. */
  get arrived(): HttpMessage | null {
    return this.#arrived;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #respond(response: ServerResponse, message: HttpMessage): void {
    if (this.#answer === null) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: idOf(message.body), result: {} });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return;
    }
    const headers = Object.entries(this.#answer.headers).filter(([name]) => !name.startsWith(':'));
    response.writeHead(200, Object.fromEntries(headers));
    for (const chunk of this.#answer.chunks) response.write(chunk);
    response.end();
  }
}

function messageOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer): HttpMessage {
  const plain = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return { method, path: url, authority: headers.host ?? '', headers: Object.fromEntries(plain), body };
}

function idOf(body: Uint8Array): unknown {
  try {
    return Object(JSON.parse(Buffer.from(body).toString('utf8'))).id ?? null;
  } catch {
    return null;
  }
}
