/** An LLM's answer with tool calls, whole or as server-sent events (Chat Completions). */
import type { JsonObject, JsonValue } from '../../policies/contract.ts';

export interface AnsweredCall {
  readonly id: string;
  /** As the LLM spells it. */
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface LlmAnswer {
  readonly headers: { readonly [name: string]: string };
  /** As they come over the wire. */
  readonly chunks: readonly Uint8Array[];
}

/** An answer that ends the turn when there are no calls. */
export function llmAnswer(calls: readonly AnsweredCall[], stream: boolean): LlmAnswer {
  return stream ? streamed(calls) : whole(calls);
}

function whole(calls: readonly AnsweredCall[]): LlmAnswer {
  const message =
    calls.length === 0
      ? { role: 'assistant', content: 'Done.' }
      : { role: 'assistant', content: null, tool_calls: calls.map((call) => toolCall(call)) };
  const choice = { index: 0, message, finish_reason: finishReason(calls) };
  const body = { id: 'chatcmpl-1', object: 'chat.completion', created: 0, model: 'conformance', choices: [choice] };
  return { headers: answerHeaders('application/json'), chunks: [Buffer.from(JSON.stringify(body))] };
}

function streamed(calls: readonly AnsweredCall[]): LlmAnswer {
  const deltas: readonly JsonObject[] = [
    { role: 'assistant', content: calls.length === 0 ? 'Done.' : null },
    // A name comes whole, its arguments in pieces.
    ...calls.flatMap((call, index) => {
      const text = JSON.stringify(call.arguments);
      const middle = Math.ceil(text.length / 2);
      return [
        { tool_calls: [{ index, ...toolCall(call, '') }] },
        ...[text.slice(0, middle), text.slice(middle)].map((part) => ({
          tool_calls: [{ index, function: { arguments: part } }],
        })),
      ];
    }),
  ];
  const events = [...deltas.map((delta) => event(delta, null)), event({}, finishReason(calls)), 'data: [DONE]\n\n'];
  return { headers: answerHeaders('text/event-stream'), chunks: events.map((text) => Buffer.from(text)) };
}

function event(delta: JsonObject, finish: string | null): string {
  const choices: JsonValue = [{ index: 0, delta, finish_reason: finish }];
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model: 'conformance', choices };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function toolCall(call: AnsweredCall, argumentsText = JSON.stringify(call.arguments)): JsonObject {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: argumentsText } };
}

function finishReason(calls: readonly AnsweredCall[]): string {
  return calls.length === 0 ? 'stop' : 'tool_calls';
}

function answerHeaders(contentType: string): { readonly [name: string]: string } {
  return { ':status': '200', 'content-type': contentType };
}
