/** For tests: what enforcement points do, one function a step. */
import { randomUUID } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import type { JsonObject } from '../../../policies/contract.ts';
import type { SelectionFact } from '../../../policies/trace.ts';
import {
  accessTokenType,
  type ExchangeResponse,
  grantTypes,
  paths,
  type RefusedResponse,
  type SessionStartResponse,
} from '../../../policies/wire.ts';
import type { TestMas } from './test_runtime.ts';

/** A prompt from outside reaches `entry`. */
export async function startSession(
  mas: TestMas,
  entry = 'teller',
  userInput = 'what is my balance',
): Promise<SessionStartResponse> {
  const response = await mas.pep(entry).form(paths.token, {
    grant_type: grantTypes.clientCredentials,
    user_input: userInput,
    audience: entry,
    decision_id: randomUUID(),
  });
  if (response.statusCode !== 200) throw new Error(`no session: ${response.body}`);
  return response.json();
}

/** A prompt of the app `web` to `entry`: whoever asks through a client can be told apart. */
export async function startAsClient(mas: TestMas, userInput: string, entry = 'teller'): Promise<SessionStartResponse> {
  const response = await mas.pep('web').form(paths.token, {
    grant_type: grantTypes.clientCredentials,
    user_input: userInput,
    audience: entry,
    caller: 'web',
    decision_id: randomUUID(),
  });
  if (response.statusCode !== 200) throw new Error(`no session: ${response.body}`);
  return response.json();
}

/** The LLM of `app` answers with these tool calls. */
export async function select(
  mas: TestMas,
  app: string,
  sessionId: string,
  calls: readonly (readonly [tool: string, callArguments: JsonObject])[],
): Promise<LightMyRequestResponse> {
  const selections: readonly SelectionFact[] = calls.map(([tool, callArguments], index) => ({
    id: `call_${index}`,
    tool,
    llm_name: tool.replace('/', '__'),
    arguments: callArguments,
  }));
  return mas.pep(app).json(paths.selections, {
    mas: mas.mas,
    app,
    session_id: sessionId,
    llm_call_id: randomUUID(),
    selections,
  });
}

export interface CallStep {
  readonly app: string;
  readonly token: string;
  /** `server/name` */
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly callId?: string;
}

export function exchangeCall(mas: TestMas, step: CallStep): Promise<LightMyRequestResponse> {
  return mas.pep(step.app).form(paths.exchange, {
    grant_type: grantTypes.tokenExchange,
    subject_token: step.token,
    subject_token_type: accessTokenType,
    audience: step.tool.split('/')[0] ?? '',
    tools: step.tool,
    protocol: 'mcp',
    operation: 'tools/call',
    arguments: JSON.stringify(step.arguments),
    decision_id: randomUUID(),
    ...(step.callId === undefined ? {} : { call_id: step.callId }),
  });
}

export function delegate(mas: TestMas, app: string, token: string, audience: string): Promise<LightMyRequestResponse> {
  return mas.pep(app).form(paths.exchange, {
    grant_type: grantTypes.tokenExchange,
    subject_token: token,
    subject_token_type: accessTokenType,
    audience,
    protocol: 'a2a',
    operation: 'SendMessage',
    decision_id: randomUUID(),
  });
}

/** The token, or what the refusal says: status and reason. */
export function granted(response: LightMyRequestResponse): ExchangeResponse {
  if (response.statusCode !== 200) throw new Error(`refused: ${response.body}`);
  return response.json();
}

export function refusal(response: LightMyRequestResponse): readonly [number, string] {
  return [response.statusCode, response.json<RefusedResponse>().decision?.reason ?? response.body];
}
