/** Anthropic's Messages: the request. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import type { OfferedTool } from '../call.ts';
import { isJsonObject } from '../strict_json.ts';
import type { ReadRequest } from './llm_request.ts';
import { contentText, fetchesUrl, objectsOf, offeredTool, parseOffered } from './read_parts.ts';

export function parseMessages(body: JsonObject): ReadRequest {
  if (!Array.isArray(body.messages)) return null;
  const offered = parseOffered(body.tools, readTool);
  if (offered === null || hasSome(body.mcp_servers) || hasSome(body.container)) return 'hosted_tool';
  const messages = objectsOf(body.messages);
  if (messages.some(({ content }) => fetchesUrl(content))) return 'url_fetch';
  // Results of tools travel as messages of the user: they are not the user's words.
  const results = messages.flatMap(({ content }) => objectsOf(content).filter(({ type }) => type === 'tool_result'));
  const user = messages.findLast((message) => message.role === 'user' && !isResult(message));
  const choice = body.tool_choice;
  return {
    latestUserText: contentText(user?.content),
    echoedIds: results.flatMap(({ tool_use_id: id }) => (typeof id === 'string' ? [id] : [])),
    offered,
    forcedTool: isJsonObject(choice) && typeof choice.name === 'string' ? choice.name : null,
    prefilled: messages.at(-1)?.role === 'assistant',
  };
}

function isResult({ content }: JsonObject): boolean {
  return objectsOf(content).some(({ type }) => type === 'tool_result');
}

/** Tools with another type are the vendor's own. */
function readTool(tool: JsonObject): OfferedTool | null {
  return (tool.type ?? 'custom') === 'custom' ? offeredTool(tool.name, tool.input_schema) : null;
}

function hasSome(value: JsonValue | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}
