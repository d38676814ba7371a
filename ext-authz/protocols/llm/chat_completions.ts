/** OpenAI's Chat Completions: the request. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import type { OfferedTool } from '../call.ts';
import { isJsonObject } from '../strict_json.ts';
import type { ReadRequest } from './llm_request.ts';
import { contentText, fetchesUrl, objectsOf, offeredTool, parseOffered } from './read_parts.ts';

export function parseChatCompletions(body: JsonObject): ReadRequest {
  if (!Array.isArray(body.messages)) return null;
  const offered = parseOffered(body.tools, readFunction);
  if (offered === null || body.web_search_options !== undefined) return 'hosted_tool';
  const messages = objectsOf(body.messages);
  if (messages.some(({ content }) => fetchesUrl(content))) return 'url_fetch';
  const user = messages.findLast(({ role }) => role === 'user');
  return {
    latestUserText: contentText(user?.content),
    echoedIds: messages.flatMap(({ role, tool_call_id: id }) =>
      role === 'tool' && typeof id === 'string' ? [id] : [],
    ),
    offered,
    forcedTool: forcedTool(body.tool_choice),
    prefilled: messages.at(-1)?.role === 'assistant',
  };
}

function readFunction(tool: JsonObject): OfferedTool | null {
  const definition = tool.type === 'function' ? tool.function : undefined;
  return isJsonObject(definition) ? offeredTool(definition.name, definition.parameters) : null;
}

function forcedTool(choice: JsonValue | undefined): string | null {
  const named = isJsonObject(choice) ? choice.function : undefined;
  return isJsonObject(named) && typeof named.name === 'string' ? named.name : null;
}
