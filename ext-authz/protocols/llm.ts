import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { offeredToolsMax } from '../limits.ts';
import { type Call, call, type LlmRequest, type OfferedTool, unreadable } from './call.ts';
import type { HttpRequest } from './http_request.ts';
import { isJsonObject, parseStrictJson } from './strict_json.ts';

/** A request to an LLM endpoint. What is not known here keeps its method as operation, which no rule allows. */
export function parseLlmCall(request: HttpRequest): Call {
  if (request.method === 'GET' && request.path.endsWith('/models') && request.body.length === 0) {
    return call('llm', 'models');
  }
  if (request.method !== 'POST' || !request.path.endsWith('/chat/completions')) return call('llm', request.method);
  const operation = 'chat/completions';
  const body = parseStrictJson(request.body)?.value;
  if (!isJsonObject(body) || !Array.isArray(body.messages)) return unreadable('llm', operation, 'body_malformed');
  const offered = parseOffered(body.tools);
  // A tool that the vendor runs itself is a call that no proxy of ours will see.
  if (offered === null || body.web_search_options !== undefined) return call('llm', 'hosted_tool');
  return call('llm', operation, { llm: { ...parseMessages(body.messages), offered } });
}

function parseMessages(messages: readonly JsonValue[]): Omit<LlmRequest, 'offered'> {
  let latestUserText: string | null = null;
  const toolCallIds: string[] = [];
  for (const message of messages) {
    if (!isJsonObject(message)) continue;
    if (message.role === 'user') latestUserText = contentText(message.content);
    if (message.role === 'tool' && typeof message.tool_call_id === 'string') toolCallIds.push(message.tool_call_id);
  }
  return { latestUserText, toolCallIds };
}

function contentText(content: JsonValue | undefined): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return (content as readonly JsonValue[])
    .flatMap((part) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}

/** The offered functions; null when something else is offered, or more than can be compared. */
function parseOffered(tools: JsonValue | undefined): readonly OfferedTool[] | null {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools) || tools.length > offeredToolsMax) return null;
  const offered: OfferedTool[] = [];
  for (const tool of tools as readonly JsonValue[]) {
    const definition: JsonValue | undefined =
      isJsonObject(tool) && tool.type === 'function' ? tool.function : undefined;
    if (!isJsonObject(definition) || typeof definition.name !== 'string') return null;
    offered.push({ name: definition.name, parameters: parametersOf(definition) });
  }
  return offered;
}

function parametersOf(definition: JsonObject): JsonObject {
  return isJsonObject(definition.parameters) ? definition.parameters : {};
}
