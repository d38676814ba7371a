import { type Decision, denial } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import { clientAssertionType, type ExchangeResponse, paths, type SessionStartResponse } from '../../policies/wire.ts';
import type { Assert } from './credential.ts';
import {
  appTokenForm,
  type ExchangeParameters,
  exchangeForm,
  type StartParameters,
  sessionStartForm,
} from './forms.ts';

export type { ExchangeParameters, StartParameters } from './forms.ts';

/** What the token endpoints answer: a token, or a decision against it. */
export type TokenAnswer<T> =
  | { readonly kind: 'issued'; readonly response: T }
  | { readonly kind: 'refused'; readonly decision: Decision }
  /** RFC 6749: the grant (here the session's token) is no longer good. */
  | { readonly kind: 'invalid_grant' };

/** The runtime's HTTP API as one enforcement point uses it. A broken world is CasaError('runtime_unavailable'). */
export interface RuntimeClient {
  startSession(parameters: StartParameters, signal: AbortSignal): Promise<TokenAnswer<SessionStartResponse>>;
  exchange(parameters: ExchangeParameters, signal: AbortSignal): Promise<TokenAnswer<ExchangeResponse>>;
  appToken(audience: string, decisionId: string, signal: AbortSignal): Promise<TokenAnswer<SessionStartResponse>>;
  introspect(token: string, signal: AbortSignal): Promise<{ readonly active: boolean }>;
  /** The answer's status. */
  postJson(path: string, body: unknown, signal: AbortSignal): Promise<number>;
  get(path: string, headers: { readonly [name: string]: string }, signal: AbortSignal): Promise<Response>;
}

export function openRuntimeClient(runtimeUrl: string, assertion: Assert): RuntimeClient {
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(`${runtimeUrl}${path}`, { ...init, redirect: 'error' });
    } catch (cause) {
      throw new CasaError('runtime_unavailable', `cannot reach ${path}`, { cause });
    }
  };
  const postForm = async (path: string, form: object, signal: AbortSignal): Promise<Response> => {
    const body = new URLSearchParams({
      ...form,
      client_assertion_type: clientAssertionType,
      client_assertion: await assertion(),
    });
    return send(path, { method: 'POST', body, signal });
  };

  return {
    async startSession(parameters, signal) {
      return readTokenAnswer(await postForm(paths.token, sessionStartForm(parameters), signal));
    },
    async exchange(parameters, signal) {
      return readTokenAnswer(await postForm(paths.exchange, exchangeForm(parameters), signal));
    },
    async appToken(audience, decisionId, signal) {
      return readTokenAnswer(await postForm(paths.token, appTokenForm(audience, decisionId), signal));
    },
    async introspect(token, signal) {
      const response = await postForm(paths.introspect, { token }, signal);
      if (!response.ok) throw unavailable(paths.introspect, response.status);
      const answer = await readJson(response);
      return { active: (answer as { active?: unknown } | null)?.active === true };
    },
    async postJson(path, body, signal) {
      const response = await send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await assertion()}` },
        body: JSON.stringify(body),
        signal,
      });
      await response.arrayBuffer().catch(() => undefined);
      return response.status;
    },
    async get(path, headers, signal) {
      return send(path, { headers: { ...headers, authorization: `Bearer ${await assertion()}` }, signal });
    },
  };
}

/** The decision of an answer that gave no token. */
export function decisionAgainst(answer: Exclude<TokenAnswer<unknown>, { readonly kind: 'issued' }>): Decision {
  if (answer.kind === 'refused') return answer.decision;
  return denial(
    'session_revoked',
    'SESSION',
    'the token that the call would have been exchanged for is no longer good',
  );
}

async function readTokenAnswer<T>(response: Response): Promise<TokenAnswer<T>> {
  const body = (await readJson(response)) as {
    access_token?: unknown;
    error?: unknown;
    decision?: Decision;
  } | null; // members are checked before use
  if (response.ok) {
    if (typeof body?.access_token !== 'string') throw malformed(response.url);
    return { kind: 'issued', response: body as T }; // the runtime's contract: policies/wire.ts
  }
  // INVARIANT (deny by default): a refusal that allows is no answer.
  if (response.status === 403 && body?.decision?.allow === false) return { kind: 'refused', decision: body.decision };
  if (response.status === 400 && body?.error === 'invalid_grant') return { kind: 'invalid_grant' };
  throw unavailable(new URL(response.url).pathname, response.status);
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new CasaError('runtime_unavailable', 'the answer broke off or is no JSON', { cause });
  }
}

function unavailable(path: string, status: number): CasaError {
  return new CasaError('runtime_unavailable', `${path} answered ${status}`);
}

function malformed(path: string): CasaError {
  return new CasaError('runtime_answer_malformed', `${path} answered without a token`);
}
