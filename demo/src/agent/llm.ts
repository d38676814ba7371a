import OpenAI from 'openai';
import type {
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';

export interface LlmOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly streaming: boolean;
}

/** One turn of the LLM: what it says, or which tools it calls. */
export type AskLlm = (
  messages: readonly ChatCompletionMessageParam[],
  tools: readonly ChatCompletionTool[],
) => Promise<ChatCompletionMessage>;

/** The LLM by the official client, streaming or not. */
export function connectLlm(options: LlmOptions): AskLlm {
  // a turn that fails is repeated by whoever asked the agent
  const client = new OpenAI({ baseURL: options.baseUrl, apiKey: options.apiKey, maxRetries: 0, timeout: 60_000 });
  return async (messages, tools) => {
    const body = { model: options.model, messages: [...messages], tools: [...tools] };
    const completion = options.streaming
      ? await client.chat.completions.stream(body).finalChatCompletion()
      : await client.chat.completions.create(body);
    const message = completion.choices[0]?.message;
    if (message === undefined) throw new Error('the LLM gave no choice');
    return message;
  };
}
