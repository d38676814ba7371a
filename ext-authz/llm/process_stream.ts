import type { TraceEvent } from '../../policies/trace.ts';
import { openAiError } from '../answer/denied_body.ts';
import type { CheckParts } from '../check/parts.ts';
import {
  type HttpBodyMessage,
  type HttpHeadersMessage,
  type ProcessingRequest,
  type ProcessingResponse,
  setHeader,
} from '../proto/messages.ts';
import type { AnswerReader } from './answer_reader.ts';
import { type AnswerReading, AnswerRecorder } from './answer_recorder.ts';
import { openDecoder } from './decode_answer.ts';
import type { AnswerDialect } from './dialects/answer_dialect.ts';
import { answerDialects } from './dialects/dialects.ts';
import { openJsonReader } from './read_json_answer.ts';
import { openStreamReader } from './read_stream_answer.ts';

const metadataNamespace = 'envoy.filters.http.ext_authz';

/** What Check told Envoy about this request. */
interface CheckMetadata {
  readonly decisionId: string;
  readonly sessionId: string;
  readonly llmCallId: string;
}

/** One request's way back through Envoy: an LLM's answer that is read, or an entry request whose end is noted. */
export class ProcessStream {
  readonly #parts: CheckParts;
  readonly #direction: string;
  #metadata: CheckMetadata | null = null;
  #recorder: AnswerRecorder | null = null;
  #llmCallId: string | null = null;
  #sessionId: string | null = null;
  #traceId: string | null = null;
  #closed = false;

  /** `direction` is from the gRPC call's initial metadata, which Envoy's configuration sets. */
  constructor(parts: CheckParts, direction: string) {
    this.#parts = parts;
    this.#direction = direction;
  }

  /** The answer to one message; rejects when the stream must fail. */
  async respond(message: ProcessingRequest): Promise<ProcessingResponse> {
    this.#metadata ??= readMetadata(message);
    switch (message.request) {
      case 'request_headers':
        return { request_headers: {} };
      case 'request_body':
        return { request_body: {} };
      case 'request_trailers':
        return { request_trailers: {} };
      case 'response_headers':
        this.#openRecorder(message.response_headers ?? {});
        return this.#afterChunk(
          { body: new Uint8Array(), end_of_stream: message.response_headers?.end_of_stream === true },
          { response_headers: {} },
        );
      case 'response_body':
        return this.#afterChunk(message.response_body ?? {}, { response_body: {} });
      case 'response_trailers':
        return this.#afterChunk({ body: new Uint8Array(), end_of_stream: true }, { response_trailers: {} });
      default:
        throw new Error('a message of no known kind');
    }
  }

  /** The request is over. Returns the event of an LLM answer that was read. */
  close(): TraceEvent | null {
    if (this.#closed) return null;
    this.#closed = true;
    if (this.#direction === 'inbound' && this.#metadata !== null) {
      this.#parts.sessions.closeRequest(this.#metadata.sessionId, this.#metadata.decisionId);
    }
    this.#recorder?.close();
    const selections = this.#recorder?.selections ?? null;
    if (selections === null || this.#llmCallId === null) return null;
    return {
      kind: 'llm_call_ended',
      event_id: this.#parts.random.uuid(),
      mas: this.#parts.config.mas,
      session_id: this.#sessionId,
      at: new Date(this.#parts.clock.nowMs()).toISOString(),
      trace_id: this.#traceId,
      token_hash: null,
      app: this.#parts.config.app,
      llm_call_id: this.#llmCallId,
      selections,
    };
  }

  #openRecorder(headers: HttpHeadersMessage): void {
    if (this.#direction !== 'outbound' || this.#metadata === null || this.#metadata.llmCallId === '') return;
    const call = this.#parts.llmCalls.take(this.#metadata.llmCallId);
    const reading = call === null ? null : readingFor(headers, answerDialects[call.dialect]);
    if (call === null || reading === null) return;
    this.#llmCallId = call.llmCallId;
    this.#sessionId = call.sessionId;
    this.#traceId = call.traceId;
    this.#recorder = new AnswerRecorder(this.#parts, call, reading);
  }

  async #afterChunk(chunk: HttpBodyMessage, response: ProcessingResponse): Promise<ProcessingResponse> {
    const last = chunk.end_of_stream === true;
    if (this.#recorder === null || (response.response_headers !== undefined && !last)) return response;
    try {
      await this.#recorder.take(chunk.body ?? new Uint8Array(), last);
      return response;
    } catch {
      return cut(this.#metadata?.decisionId ?? '');
    }
  }
}

/** Ends the answer: an error before its first byte, a broken connection after it. */
function cut(decisionId: string): ProcessingResponse {
  const { body, contentType } = openAiError('runtime_unavailable', decisionId);
  return {
    immediate_response: {
      status: { code: 403 },
      headers: { set_headers: [setHeader('content-type', contentType), setHeader('x-casa-decision', decisionId)] },
      body: Buffer.from(body),
      details: 'casa_llm_answer_cut',
    },
  };
}

/** How an answer of this kind is read; null for an error, or for what cannot be read: it selects nothing. */
function readingFor(message: HttpHeadersMessage, dialect: AnswerDialect): AnswerReading | null {
  const headers = new Map(
    (message.headers?.headers ?? []).map(({ key, value, raw_value: raw }): [string, string] => [
      key.toLowerCase(),
      raw.length > 0 ? Buffer.from(raw).toString('utf8') : value,
    ]),
  );
  if (!/^2\d\d$/.test(headers.get(':status') ?? '')) return null;
  const reader = readerFor(headers.get('content-type')?.toLowerCase() ?? '', dialect);
  const decoder = reader === null ? null : openDecoder(headers.get('content-encoding')?.toLowerCase() ?? '');
  return reader === null || decoder === null ? null : { reader, decoder };
}

function readerFor(type: string, dialect: AnswerDialect): AnswerReader | null {
  if (type.startsWith('text/event-stream')) return openStreamReader(dialect);
  return type.startsWith('application/json') ? openJsonReader(dialect) : null;
}

function readMetadata(message: ProcessingRequest): CheckMetadata | null {
  const fields = message.metadata_context?.filter_metadata?.[metadataNamespace]?.fields;
  if (fields === undefined) return null;
  const text = (name: string) => fields[name]?.stringValue ?? '';
  return { decisionId: text('decision_id'), sessionId: text('session_id'), llmCallId: text('llm_call_id') };
}
