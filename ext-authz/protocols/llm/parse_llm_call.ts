/** A request to an LLM endpoint: which of its interfaces it speaks is told by the path alone. */
import type { JsonObject } from '../../../policies/contract.ts';
import { type Call, call, type LlmDialect, unreadable } from '../call.ts';
import type { HttpRequest } from '../http_request.ts';
import { isJsonObject, parseStrictJson } from '../strict_json.ts';
import { parseChatCompletions } from './chat_completions.ts';
import type { ReadRequest } from './llm_request.ts';
import { parseMessages } from './messages.ts';
import { parseResponses } from './responses.ts';

const dialects: { readonly [dialect in LlmDialect]: (body: JsonObject) => ReadRequest } = {
  'chat/completions': parseChatCompletions,
  responses: parseResponses,
  messages: parseMessages,
};

/** INVARIANT (deny by default): what is not known here keeps a name as operation that no rule allows. */
export function parseLlmCall(request: HttpRequest): Call {
  if (request.method === 'GET' && request.path.endsWith('/models') && request.body.length === 0) {
    return call('llm', 'models');
  }
  const dialect = dialectOf(request.path);
  if (request.method !== 'POST' || dialect === null) return call('llm', request.method);
  const body = parseStrictJson(request.body)?.value;
  const read = isJsonObject(body) ? dialects[dialect](body) : null;
  if (read === null) return unreadable('llm', dialect, 'body_malformed');
  return typeof read === 'string' ? call('llm', read) : call('llm', dialect, { llm: { dialect, ...read } });
}

function dialectOf(path: string): LlmDialect | null {
  for (const dialect of Object.keys(dialects)) {
    if (path.endsWith(`/${dialect}`)) return dialect as LlmDialect; // a key of the table
  }
  return null;
}
