import {
  type AppTokenForm,
  accessTokenType,
  type ExchangeForm,
  grantTypes,
  type SessionStartForm,
} from '../../policies/wire.ts';

/** What every form says of its sender is added when it is sent. */
type Unsigned<Form> = Omit<Form, 'client_assertion_type' | 'client_assertion'>;

export interface StartParameters {
  readonly userInput: string;
  readonly audience: string;
  readonly caller: string | null;
  /** A client's direct tool call: `server/name`, and its arguments as JSON text. */
  readonly tool: { readonly id: string; readonly arguments: string } | null;
  readonly linkedTraceId: string | null;
  readonly decisionId: string;
}

export interface ExchangeParameters {
  readonly subjectToken: string;
  readonly audience: string;
  /** `server/name` and its arguments as JSON text. */
  readonly tool: { readonly id: string; readonly arguments: string } | null;
  readonly protocol: string;
  readonly operation: string;
  readonly callId: string | null;
  readonly decisionId: string;
}

/** RFC 6749 section 4.4, with the user's words. */
export function sessionStartForm(parameters: StartParameters): Unsigned<SessionStartForm> {
  const { caller, tool, linkedTraceId } = parameters;
  return {
    grant_type: grantTypes.clientCredentials,
    user_input: parameters.userInput,
    audience: parameters.audience,
    decision_id: parameters.decisionId,
    ...(caller === null ? {} : { caller }),
    ...(tool === null ? {} : { tools: tool.id, arguments: tool.arguments }),
    ...(linkedTraceId === null ? {} : { linked_trace_id: linkedTraceId }),
  };
}

/** RFC 8693 section 2.1, with the call that the token is for. */
export function exchangeForm(parameters: ExchangeParameters): Unsigned<ExchangeForm> {
  const { tool, callId } = parameters;
  return {
    grant_type: grantTypes.tokenExchange,
    subject_token: parameters.subjectToken,
    subject_token_type: accessTokenType,
    audience: parameters.audience,
    protocol: parameters.protocol,
    operation: parameters.operation,
    decision_id: parameters.decisionId,
    ...(tool === null ? {} : { tools: tool.id, arguments: tool.arguments }),
    ...(callId === null ? {} : { call_id: callId }),
  };
}

/** A token without a session, good for discovery only. */
export function appTokenForm(audience: string, decisionId: string): Unsigned<AppTokenForm> {
  return { grant_type: grantTypes.clientCredentials, scope: 'discover', audience, decision_id: decisionId };
}
