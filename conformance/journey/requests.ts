/** Requests as apps send them: MCP calls, prompts, questions to an LLM. */
import { agentCardPath } from '../../ext-authz/protocols/a2a.ts';
import { type JsonPath, parseJsonPath } from '../../ext-authz/protocols/json_path.ts';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { PepApp, PepDocument } from '../../policies/pep.ts';
import type { HttpMessage } from './http_message.ts';

export function post(authority: string, path: string, body: JsonValue): HttpMessage {
  return {
    method: 'POST',
    path,
    authority,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function get(authority: string, path: string): HttpMessage {
  return { method: 'GET', path, authority, headers: {}, body: new Uint8Array() };
}

export function authorityOf(app: PepApp): string {
  return `${app.host}:${app.port}`;
}

/** MCP `tools/call` over Streamable HTTP. */
export function toolCall(server: PepApp, tool: string, callArguments: JsonObject, id: number | string): HttpMessage {
  const params = { name: tool, arguments: callArguments };
  return post(authorityOf(server), server.path, { jsonrpc: '2.0', id, method: 'tools/call', params });
}

/** What an app asks before it works: an MCP method, or the card of an agent. A notification has no id. */
export function discovery(callee: PepApp, operation: string, params: JsonObject, id: number): HttpMessage {
  if (operation === 'agent_card') return get(authorityOf(callee), agentCardPath);
  const isNotification = operation.startsWith('notifications/');
  const message = { jsonrpc: '2.0', ...(isNotification ? {} : { id }), method: operation, params };
  return post(authorityOf(callee), callee.path, message);
}

/** The user's words where the agent reads them; an agent without a `promptFieldJsonPath` is sent an A2A message. */
export function prompt(agent: PepApp, text: string, id: number): HttpMessage {
  if (agent.promptFieldJsonPath !== null) {
    const path = parseJsonPath(agent.promptFieldJsonPath);
    if (path === null) throw new CasaError('bug', 'a compiled `promptFieldJsonPath` cannot be read');
    return post(authorityOf(agent), '/chat', valueAt(path, text));
  }
  const message = { messageId: `message-${id}`, role: 'ROLE_USER', parts: [{ text }] };
  return post(authorityOf(agent), '/', { jsonrpc: '2.0', id, method: 'SendMessage', params: { message } });
}

function valueAt(path: JsonPath, text: string): JsonValue {
  return path.reduceRight<JsonValue>((value, key) => {
    if (typeof key === 'string') return { [key]: value };
    return [...Array<JsonValue>(key).fill(null), value];
  }, text);
}

/** A Chat Completions request that offers every tool of the system. */
export function llmRequest(pep: PepDocument, app: string, text: string, stream: boolean): HttpMessage {
  const [authority] = pep.llm;
  if (authority === undefined) throw new CasaError('configuration_invalid', `\`${pep.mas}\` has no LLM endpoint`);
  const pattern = pep.apps[app]?.toolNames ?? null;
  const tools = Object.entries(pep.apps).flatMap(([server, { tools: offered }]) =>
    Object.entries(offered).map(([name, { description, inputSchema: parameters }]) => {
      return { type: 'function', function: { name: llmName(pattern, `${server}/${name}`), description, parameters } };
    }),
  );
  const messages = [{ role: 'user', content: text }];
  return post(authority, '/v1/chat/completions', { model: 'conformance', stream, messages, tools });
}

/** How the agent spells `server/name` to its LLM: by its `toolNames`, else by the tool's own name. */
export function llmName(pattern: string | null, tool: string): string {
  const slash = tool.indexOf('/');
  const [server, name] = [tool.slice(0, slash), tool.slice(slash + 1)];
  return pattern === null ? name : pattern.replaceAll('{server}', server).replaceAll('{tool}', name);
}
