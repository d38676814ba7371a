import type { ChatRequest } from './chat.ts';
import type { Plan } from './plan.ts';

export interface Completion {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly content: string | null;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
}

const fragmentLength = 9;

/** Gives a plan the ids that the wire needs. */
export function complete(request: ChatRequest, plan: Plan, created: number, newId: () => string): Completion {
  return {
    id: `chatcmpl-${newId()}`,
    created,
    model: request.model,
    content: plan.kind === 'answer' ? plan.text : null,
    calls:
      plan.kind === 'answer'
        ? []
        : plan.calls.map((call) => ({
            id: `call_${newId()}`,
            name: call.tool,
            arguments: JSON.stringify(call.arguments),
          })),
  };
}

/** The answer as one `chat.completion`. */
export function renderWhole(completion: Completion): unknown {
  const toolCalls = completion.calls.map(({ id, ...call }) => ({ id, type: 'function', function: call }));
  return {
    ...head(completion, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: completion.content,
          refusal: null,
          ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
        },
        logprobs: null,
        finish_reason: finishReason(completion),
      },
    ],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  };
}

/** The answer as the events of a stream: a call's arguments come in several fragments. */
export function* renderStream(completion: Completion): Generator<string> {
  const event = (delta: unknown, finish: string | null = null) =>
    `data: ${JSON.stringify({
      ...head(completion, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    })}\n\n`;
  yield event({ role: 'assistant', content: completion.content === null ? null : '' });
  for (const text of fragments(completion.content ?? '')) yield event({ content: text });
  for (const [index, call] of completion.calls.entries()) {
    yield event({
      tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
    });
    for (const text of fragments(call.arguments)) {
      yield event({ tool_calls: [{ index, function: { arguments: text } }] });
    }
  }
  yield event({}, finishReason(completion));
  yield 'data: [DONE]\n\n';
}

function head({ id, created, model }: Completion, object: string) {
  return { id, object, created, model, system_fingerprint: null };
}

function finishReason(completion: Completion): string {
  return completion.calls.length > 0 ? 'tool_calls' : 'stop';
}

function* fragments(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += fragmentLength) yield text.slice(start, start + fragmentLength);
}
