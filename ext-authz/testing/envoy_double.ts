import { Client, credentials, Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import type { CheckRequest, CheckResponse, ProcessingRequest, ProcessingResponse, Struct } from '../proto/messages.ts';
import { loadEnvoyServices } from '../proto/services.ts';

/** What Envoy is told about a request: its part of a real sidecar, as far as gRPC goes. */
export interface Sidecar {
  readonly mas: string;
  readonly app: string;
  readonly address: string;
  readonly socketPath: string;
}

export interface SentRequest {
  readonly method?: string;
  readonly path: string;
  readonly authority: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  /** Envoy's count of received bytes, when it is not the body's. */
  readonly size?: number;
}

/** An answered Check, as far as a test looks at it. */
export interface Verdict {
  readonly allow: boolean;
  readonly reason: string;
  readonly decisionId: string;
  readonly status: number;
  readonly body: string;
  /** Headers of the request as it goes on. */
  readonly headers: { readonly [name: string]: string };
  readonly metadata: Struct;
}

const services = loadEnvoyServices();

/** Asks a sidecar's Check as its Envoy would, and applies the header changes. */
export async function askCheck(
  sidecar: Sidecar,
  direction: 'inbound' | 'outbound',
  peerAddress: string,
  request: SentRequest,
): Promise<Verdict> {
  const body = Buffer.from(request.body ?? '');
  const headers: { [name: string]: string } = {
    ...(body.length > 0 ? { 'content-length': String(body.length), 'content-type': 'application/json' } : {}),
    ...request.headers,
  };
  const message: CheckRequest = {
    attributes: {
      source: { address: { socket_address: { address: peerAddress, port_value: 40_000 } } },
      destination: { address: { socket_address: { address: sidecar.address, port_value: 8080 } } },
      request: {
        http: {
          method: request.method ?? 'POST',
          path: request.path,
          host: request.authority,
          headers,
          raw_body: body,
          size: request.size ?? body.length,
        },
      },
      context_extensions: { 'casa.direction': direction, 'casa.mas': sidecar.mas, 'casa.app': sidecar.app },
    },
  };
  return verdict(await unary(sidecar, message), headers);
}

function verdict(response: CheckResponse, headers: { [name: string]: string }): Verdict {
  const fields = response.dynamic_metadata.fields;
  const { ok_response: ok, denied_response: denied } = response;
  const passed: { [name: string]: string } = { ...headers };
  for (const { header } of ok?.headers ?? []) passed[header.key] = header.value;
  for (const name of ok?.headers_to_remove ?? []) delete passed[name];
  return {
    allow: response.status.code === 0,
    reason: fields.reason?.stringValue ?? '',
    decisionId: fields.decision_id?.stringValue ?? '',
    status: denied?.status.code ?? 200,
    body: denied?.body ?? '',
    headers: passed,
    metadata: response.dynamic_metadata,
  };
}

function unary(sidecar: Sidecar, message: CheckRequest): Promise<CheckResponse> {
  const { path, requestSerialize, responseDeserialize } = method(services.authorization, 'Check');
  const client = new Client(`unix:${sidecar.socketPath}`, credentials.createInsecure());
  return new Promise<CheckResponse>((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, (error, response) => {
      if (error) reject(error);
      else resolve(response as CheckResponse); // the method's own response type
    });
  }).finally(() => client.close());
}

/** One ext_proc stream as Envoy holds it open: messages go in, each answer comes out in turn. */
export class ProcessDouble {
  readonly #client: Client;
  readonly #stream: ReturnType<Client['makeBidiStreamRequest']>;
  readonly #metadata: ProcessingRequest['metadata_context'];
  readonly #answers: ProcessingResponse[] = [];
  readonly #waiting: ((answer: ProcessingResponse) => void)[] = [];

  constructor(sidecar: Sidecar, direction: 'inbound' | 'outbound', checked: Struct) {
    const { path, requestSerialize, responseDeserialize } = method(services.externalProcessor, 'Process');
    const initial = new Metadata();
    initial.set('casa-direction', direction);
    this.#client = new Client(`unix:${sidecar.socketPath}`, credentials.createInsecure());
    this.#stream = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, initial);
    this.#metadata = { filter_metadata: { 'envoy.filters.http.ext_authz': checked } };
    this.#stream.on('data', (answer: ProcessingResponse) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#answers.push(answer);
      else next(answer);
    });
    this.#stream.on('error', () => undefined);
  }

  send(message: ProcessingRequest): Promise<ProcessingResponse> {
    this.#stream.write({ ...message, metadata_context: this.#metadata });
    const ready = this.#answers.shift();
    return ready === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(ready);
  }

  headers(contentType: string): Promise<ProcessingResponse> {
    const header = (key: string, value: string) => ({ key, value: '', raw_value: Buffer.from(value) });
    const headers = { headers: [header(':status', '200'), header('content-type', contentType)] };
    return this.send({ response_headers: { headers } });
  }

  chunk(text: string, last = false): Promise<ProcessingResponse> {
    return this.send({ response_body: { body: Buffer.from(text), end_of_stream: last } });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#stream.once('status', resolve));
    this.#stream.end();
    await ended;
    this.#client.close();
  }
}

function method(service: ServiceDefinition, name: string) {
  const definition = service[name];
  if (definition === undefined) throw new Error(`the service has no ${name}`);
  return definition;
}
