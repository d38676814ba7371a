/** OpenAI's Responses: the request. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import { isJsonObject } from '../strict_json.ts';
import type { ReadRequest } from './llm_request.ts';
import { contentText, fetchesUrl, objectsOf, offeredTool, parseOffered } from './read_parts.ts';

export function parseResponses(body: JsonObject): ReadRequest {
  const { input, tools, tool_choice: choice, previous_response_id: previous } = body;
  if (typeof input !== 'string' && !Array.isArray(input)) return null;
  const offered = parseOffered(tools, (tool) =>
    tool.type === 'function' ? offeredTool(tool.name, tool.parameters) : null,
  );
  // A stored prompt can bring tools that this request does not show.
  if (offered === null || isGiven(body.prompt)) return 'hosted_tool';
  if (body.background === true) return 'polled_answer';
  const items = objectsOf(input);
  if (items.some(({ content, output }) => fetchesUrl(content) || fetchesUrl(output))) return 'url_fetch';
  const user = items.findLast(({ role }) => role === 'user');
  const outputs = items.flatMap(({ type, call_id: id }) =>
    type === 'function_call_output' && typeof id === 'string' ? [id] : [],
  );
  return {
    latestUserText: typeof input === 'string' ? input : contentText(user?.content),
    echoedIds: typeof previous === 'string' ? [...outputs, previous] : outputs,
    offered,
    forcedTool: isJsonObject(choice) && typeof choice.name === 'string' ? choice.name : null,
    prefilled: items.at(-1)?.role === 'assistant',
  };
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
