import type { LlmRequest } from '../call.ts';

/**
 * What a request body says, its dialect aside; `hosted_tool` when the vendor would run a tool itself, `url_fetch` when it would fetch a URL,
 * `polled_answer` when the answer would not come as the answer to this request: none of these would be seen by a proxy. null:
 * not this interface's body.
 */
export type ReadRequest = Omit<LlmRequest, 'dialect'> | 'hosted_tool' | 'url_fetch' | 'polled_answer' | null;
