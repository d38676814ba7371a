import type { Callee } from '../../policies/contract.ts';
import type { PepApp, PepDocument } from '../../policies/pep.ts';
import { agentCardPath, parseA2a } from './a2a.ts';
import { type Call, call, unreadable } from './call.ts';
import type { HttpRequest } from './http_request.ts';
import { parseJsonPath, readJsonPath } from './json_path.ts';
import { parseLlmCall } from './llm/parse_llm_call.ts';
import { parseMcpCall } from './mcp.ts';
import { isJsonObject, parseStrictJson } from './strict_json.ts';

/** What a request asks of its callee. Which protocol it speaks is decided by the callee and the path, never by the caller. */
export function readCall(callee: Callee, pep: PepDocument, request: HttpRequest): Call {
  const read = readUnchecked(callee, pep, request);
  return request.problem === null ? read : { ...read, tool: null, prompt: null, llm: null, problem: request.problem };
}

function readUnchecked(callee: Callee, pep: PepDocument, request: HttpRequest): Call {
  if (callee.kind === 'llm') return parseLlmCall(request);
  const app = callee.app === null ? undefined : pep.apps[callee.app];
  if (callee.app === null || app === undefined) return call('http', request.method);
  if (isOpenPath(app, request)) return call('http', 'open_path');
  switch (app.type) {
    case 'mcp_server':
      return request.path === app.path ? parseMcpCall(callee.app, request) : call('http', request.method);
    case 'agent':
      return parseAgentCall(app, request);
    default:
      return call('http', request.method);
  }
}

function isOpenPath(app: PepApp, request: HttpRequest): boolean {
  return (
    request.method === 'GET' &&
    request.body.length === 0 &&
    request.query === '' &&
    app.openPaths.includes(request.path)
  );
}

function parseAgentCall(app: PepApp, request: HttpRequest): Call {
  if (request.method === 'GET' && request.path === agentCardPath && request.body.length === 0) {
    return call('a2a', 'agent_card');
  }
  if (request.body.length === 0) return call('http', request.method);
  const json = parseStrictJson(request.body);
  if (json === null) {
    // Another reader may find a prompt where this one finds none: only what does not even look like JSON passes as HTTP.
    return looksLikeJson(request) ? unreadable('a2a', request.method, 'body_malformed') : call('http', request.method);
  }
  const path = app.promptFieldJsonPath === null ? null : parseJsonPath(app.promptFieldJsonPath);
  const prompt = path === null ? undefined : readJsonPath(path, json.value);
  if (typeof prompt === 'string' && prompt.trim() !== '') return call('a2a', 'prompt', { prompt });
  const a2a = isJsonObject(json.value) ? parseA2a(json.value) : null;
  return a2a === null
    ? call('http', request.method)
    : call('a2a', a2a.operation, { rpcId: a2a.rpcId, prompt: a2a.prompt });
}

function looksLikeJson(request: HttpRequest): boolean {
  if (request.headers.get('content-type')?.toLowerCase().includes('json') === true) return true;
  const text = new TextDecoder().decode(request.body.subarray(0, 256)).trimStart();
  return /^[[{"]/.test(text);
}
