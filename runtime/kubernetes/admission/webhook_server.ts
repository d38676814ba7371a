/** The webhooks' own HTTPS server: the API server calls nothing else. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CustomResource } from '../reconcile/custom_resource.ts';
import type { InjectionFacts } from './inject_pod.ts';
import { answerInject, answerValidate, injections, parseReview, refuse } from './review.ts';

/** An object in etcd has 1.5 MB at most, and a review holds it twice. */
export const reviewBytesMax = 4 * 1024 * 1024;
const requestTimeoutMs = 10_000;

export interface WebhookOptions {
  readonly certificate: string | Uint8Array;
  readonly key: string | Uint8Array;
  readonly host: string;
  readonly port: number;
  readonly known: () => readonly CustomResource[];
  readonly injection: InjectionFacts;
}

export class WebhookServer {
  readonly #server: Server;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#server = createServer(
      { cert: Buffer.from(options.certificate), key: Buffer.from(options.key), requestTimeout: requestTimeoutMs },
      (request, response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > reviewBytesMax) request.destroy();
          else chunks.push(chunk);
        });
        request.on('error', () => response.destroy());
        request.on('end', () => {
          const { status, body } = this.#answer(request.url ?? '', Buffer.concat(chunks).toString('utf8'));
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        });
      },
    );
  }

  /** The URL that it listens at. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    // `as`: it listens at a TCP port.
    return `https://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** INVARIANT (deny by default): what cannot be read or judged is refused. */
  #answer(url: string, text: string): { readonly status: number; readonly body: unknown } {
    const path = url.split('?')[0];
    const request = parseReview(parseJson(text));
    if (request === null) return { status: 400, body: { message: 'no admission review' } };
    try {
      if (path === '/validate') return { status: 200, body: answerValidate(request, this.#options.known()) };
      if (path === '/inject' || path === '/inject-istio') {
        const { known, injection } = this.#options;
        return { status: 200, body: answerInject(request, known(), injection, injections[path]) };
      }
      return { status: 404, body: { message: 'no such path' } };
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      return { status: 200, body: refuse(request, `could not be judged: ${why}`) };
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
