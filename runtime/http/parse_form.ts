/** OAuth's forms: every parameter once (RFC 6749 section 3.2), bounded, without characters that no store can hold. */
import type { JsonObject, Protocol } from '../../policies/contract.ts';
import { accessTokenType, grantTypes } from '../../policies/wire.ts';
import type { ExchangeRequest } from '../exchange/exchange_request.ts';
import { parseArguments } from '../exchange/parse_arguments.ts';
import type { ToolCall } from '../policy/question.ts';
import type { AppTokenRequest } from '../sessions/issue_app_token.ts';
import type { SessionStart } from '../sessions/start_session.ts';
import { OAuthError } from './http_error.ts';

/** The user's words, in UTF-8. */
export const userInputBytesMax = 64 * 1024;
/** A form in whole: a call's arguments (1 MiB in a body that a proxy lets through), percent encoded. */
export const formBytesMax = 4 * 1024 * 1024;
const nameLengthMax = 256;
const protocols: readonly string[] = ['mcp', 'a2a', 'http', 'llm'] satisfies readonly Protocol[];

export type Form = { readonly [name: string]: string | undefined };

/** The parameters; throws `invalid_request` when one comes twice. */
export function parseForm(text: string): Form {
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw new OAuthError('invalid_request', 'a parameter is there twice');
    form.set(name, value);
  }
  return Object.fromEntries(form);
}

/** A form as Fastify gives it: any other body is none. */
export function asForm(body: unknown): Form {
  if (typeof body !== 'object' || body === null) throw new OAuthError('invalid_request', 'a form is expected');
  return body as Form; // only parseForm makes bodies on these routes
}

/** What `POST /oauth/token` asks for. */
export type TokenRequest =
  | { readonly kind: 'session'; readonly start: SessionStart }
  | { readonly kind: 'app'; readonly request: AppTokenRequest }
  | { readonly kind: 'exchange'; readonly request: ExchangeRequest };

export function parseTokenRequest(form: Form): TokenRequest {
  switch (form.grant_type) {
    case grantTypes.tokenExchange:
      return { kind: 'exchange', request: parseExchange(form) };
    case grantTypes.clientCredentials:
      if (form.scope === undefined) return { kind: 'session', start: parseSessionStart(form) };
      if (form.scope !== 'discover') throw new OAuthError('invalid_scope', 'only `discover` can be asked for');
      if (form.user_input !== undefined)
        throw new OAuthError('invalid_request', '`user_input` does not go with `scope`');
      return {
        kind: 'app',
        request: { audience: name(form, 'audience'), decisionId: name(form, 'decision_id') },
      };
    default:
      throw new OAuthError('unsupported_grant_type', 'the grant type is missing or unknown');
  }
}

function parseSessionStart(form: Form): SessionStart {
  const userInput = form.user_input ?? '';
  if (userInput.trim() === '') throw new OAuthError('invalid_request', '`user_input` is missing');
  if (Buffer.byteLength(userInput) > userInputBytesMax) {
    throw new OAuthError('invalid_request', `\`user_input\` is longer than ${userInputBytesMax} bytes`);
  }
  return {
    userInput,
    audience: name(form, 'audience'),
    caller: form.caller === undefined ? null : name(form, 'caller'),
    tool: parseTool(form),
    linkedTraceId: parseTraceId(form.linked_trace_id),
    decisionId: name(form, 'decision_id'),
  };
}

/** The exchange's form, the same at both of its paths. */
export function parseExchange(form: Form): ExchangeRequest {
  if (form.grant_type !== grantTypes.tokenExchange) {
    throw new OAuthError('unsupported_grant_type', 'only a token exchange is made here');
  }
  if (form.subject_token_type !== accessTokenType) {
    throw new OAuthError('invalid_request', '`subject_token_type` must be an access token');
  }
  if ((form.requested_token_type ?? accessTokenType) !== accessTokenType) {
    throw new OAuthError('invalid_request', '`requested_token_type` must be an access token');
  }
  // The actor is the client itself (RFC 8693 section 1.1): a second word on it could only disagree.
  if (form.actor_token !== undefined) throw new OAuthError('invalid_request', '`actor_token` is not taken');
  if (!form.subject_token) throw new OAuthError('invalid_request', '`subject_token` is missing');
  const protocol = name(form, 'protocol');
  if (!protocols.includes(protocol)) throw new OAuthError('invalid_request', '`protocol` is unknown');
  return {
    subjectToken: form.subject_token,
    audience: name(form, 'audience'),
    tool: parseTool(form),
    protocol: protocol as Protocol, // one of the list
    operation: name(form, 'operation'),
    callId: form.call_id === undefined ? null : name(form, 'call_id'),
    decisionId: name(form, 'decision_id'),
  };
}

function parseTool(form: Form): ToolCall | null {
  if (form.tools === undefined) {
    if (form.arguments !== undefined) throw new OAuthError('invalid_request', '`arguments` without `tools`');
    return null;
  }
  const [, server = '', tool = ''] = /^([^/\s]+)\/(\S+)$/.exec(name(form, 'tools')) ?? [];
  if (server === '') throw new OAuthError('invalid_request', '`tools` must be one `server/name`');
  const parsed: JsonObject | null = parseArguments(form.arguments ?? '');
  if (parsed === null) throw new OAuthError('invalid_request', '`arguments` must be a JSON object of plain numbers');
  return { server, name: tool, arguments: parsed };
}

/** A peer's trace id is a hint: one that is malformed, or all zero, counts as absent. */
function parseTraceId(text: string | undefined): string | null {
  return text !== undefined && /^(?!0{32})[0-9a-f]{32}$/.test(text) ? text : null;
}

/** A parameter that must be there, as short as names and ids are. */
export function name(form: Form, parameter: string): string {
  const value = form[parameter];
  if (value === undefined || value === '') throw new OAuthError('invalid_request', `\`${parameter}\` is missing`);
  if (value.length > nameLengthMax || /\p{Cc}/u.test(value)) {
    throw new OAuthError('invalid_request', `\`${parameter}\` is too long, or no plain text`);
  }
  return value;
}
