import type { ProcessingRequest, Struct } from '../../ext-authz/proto/messages.ts';
import type { LlmAnswer } from './llm_answer.ts';

/** What Envoy's ext_proc filter sends for an answer that it streams (`response_body_mode: STREAMED`). */
export function answerMessages(answer: LlmAnswer, metadata: Struct): readonly ProcessingRequest[] {
  const headers = Object.entries(answer.headers).map(([key, value]) => ({
    key,
    value: '',
    raw_value: Buffer.from(value),
  }));
  const context = { metadata_context: { filter_metadata: { 'envoy.filters.http.ext_authz': metadata } } };
  return [
    { request: 'response_headers', response_headers: { headers: { headers }, end_of_stream: false }, ...context },
    ...answer.chunks.map((body, index) => ({
      request: 'response_body',
      response_body: { body, end_of_stream: index === answer.chunks.length - 1 },
      ...context,
    })),
  ];
}
