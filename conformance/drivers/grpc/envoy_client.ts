import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type {
  CheckRequest,
  CheckResponse,
  ProcessingRequest,
  ProcessingResponse,
  Struct,
} from '../../../ext-authz/proto/messages.ts';
import { loadEnvoyServices } from '../../../ext-authz/proto/services.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { LlmAnswer } from '../../journey/llm_answer.ts';
import { answerMessages } from '../../journey/process_messages.ts';

/** Longer than any answer may take. */
const deadlineMs = 10_000;
const services = loadEnvoyServices();

/** Envoy's side of the two services, on the enforcement point's socket. */
export class EnvoyClient {
  readonly #client: Client;

  constructor(socketPath: string) {
    this.#client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    });
  }

  check(message: CheckRequest): Promise<CheckResponse> {
    const method = services.authorization.Check;
    if (method === undefined) throw new CasaError('bug', 'the service has no Check');
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<CheckRequest, CheckResponse>(
        method.path,
        method.requestSerialize,
        // What the loader reads has the shape of its `.proto`.
        method.responseDeserialize as (bytes: Buffer) => CheckResponse,
        message,
        new Metadata(),
        { deadline: Date.now() + deadlineMs },
        (error, response) => {
          if (error !== null || response === undefined) reject(unanswered('Check', error));
          else resolve(response);
        },
      );
    });
  }

  /** One message after the other, each sent once the one before was answered; false when the answer was cut. */
  async process(answer: LlmAnswer, metadata: Struct): Promise<boolean> {
    const call = this.#open();
    try {
      for (const message of answerMessages(answer, metadata)) {
        const response = await ask(call, message);
        if (response.immediate_response) return false;
      }
      call.end();
      await ended(call);
      return true;
    } finally {
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  #open(): ClientDuplexStream<ProcessingRequest, ProcessingResponse> {
    const method = services.externalProcessor.Process;
    if (method === undefined) throw new CasaError('bug', 'the service has no Process');
    const context = new Metadata();
    context.set('casa-direction', 'outbound');
    const call = this.#client.makeBidiStreamRequest<ProcessingRequest, ProcessingResponse>(
      method.path,
      method.requestSerialize,
      // As above.
      method.responseDeserialize as (bytes: Buffer) => ProcessingResponse,
      context,
      { deadline: Date.now() + deadlineMs },
    );
    // Each reader below has its own listener; this one keeps a late error from being nobody's.
    call.on('error', () => undefined);
    return call;
  }
}

function ask(
  call: ClientDuplexStream<ProcessingRequest, ProcessingResponse>,
  message: ProcessingRequest,
): Promise<ProcessingResponse> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      call.off('data', onData);
      call.off('error', onError);
    };
    const onData = (response: ProcessingResponse) => {
      settle();
      resolve(response);
    };
    const onError = (error: Error) => {
      settle();
      reject(unanswered('Process', error));
    };
    call.on('data', onData);
    call.on('error', onError);
    call.write(message);
  });
}

function ended(call: ClientDuplexStream<ProcessingRequest, ProcessingResponse>): Promise<void> {
  return new Promise((resolve, reject) => {
    call.once('end', () => resolve());
    call.once('error', (error) => reject(unanswered('Process', error)));
    call.resume();
  });
}

function unanswered(method: string, cause: unknown): CasaError {
  return new CasaError('process_failed', `${method} was not answered`, { cause });
}
