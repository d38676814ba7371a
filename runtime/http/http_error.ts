/** Answers that are no success, in the two shapes of DESIGN 5.4: RFC 6749 bodies and RFC 9457 problems. */
import type { FastifyReply } from 'fastify';
import type { Decision, JsonObject, Reason } from '../../policies/contract.ts';
import { CasaError, errorTable } from '../../policies/errors.ts';
import type { OAuthErrorResponse, Problem, RefusedResponse } from '../../policies/wire.ts';

/** RFC 6749 section 5.2, RFC 8693 section 2.2.2: `invalid_client` is 401, everything else 400. */
export class OAuthError extends Error {
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'invalid_scope'
    | 'invalid_target'
    | 'unsupported_grant_type'
    | 'unsupported_response_type';
  constructor(error: OAuthError['error'], description: string) {
    super(description);
    this.error = error;
  }
}

/** A request that is answered with a problem of this status. */
export class ProblemError extends Error {
  readonly status: number;
  readonly extra: { readonly reason?: Reason; readonly issues?: readonly JsonObject[] };
  constructor(status: number, detail: string, extra: ProblemError['extra'] = {}) {
    super(detail);
    this.status = status;
    this.extra = extra;
  }
}

/** RFC 6749 wants the token endpoints' answers uncached. */
export function noStore(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store');
}

export function sendRefusal(reply: FastifyReply, decisionId: string, decision: Decision): FastifyReply {
  const body: RefusedResponse = {
    error: 'access_denied',
    error_description: decision.reason,
    decision_id: decisionId,
    decision,
  };
  return noStore(reply).code(403).send(body);
}

export function sendOAuthError(reply: FastifyReply, error: unknown): FastifyReply {
  const status =
    error instanceof OAuthError ? (error.error === 'invalid_client' ? 401 : 400) : clientErrorStatus(error);
  if (status === null) return sendProblem(reply, error);
  const body: OAuthErrorResponse =
    error instanceof OAuthError
      ? { error: error.error, error_description: error.message }
      : { error: 'invalid_request', error_description: titles[status] ?? 'the request cannot be read' };
  // An unknown content type is an invalid request like any other; a size keeps its own status.
  return noStore(reply)
    .code(status === 415 ? 400 : status)
    .send(body);
}

const titles: { readonly [status: number]: string } = {
  400: 'the request cannot be read',
  401: 'the client is not authenticated',
  403: 'refused',
  404: 'there is no such thing',
  409: 'the request does not fit what is there',
  413: 'the body is too large',
  415: 'the content type is unknown',
  422: 'the resources have mistakes',
};

/** A problem for any error; what broke inside is named by its code only. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return problem(error.status, error.message, error.extra);
  if (error instanceof CasaError) {
    const { status, title } = errorTable[error.code];
    return { type: `urn:casa:error:${error.code}`, title, status };
  }
  const status = clientErrorStatus(error);
  return status === null ? { type: 'urn:casa:error:bug', title: errorTable.bug.title, status: 500 } : problem(status);
}

/** Fastify's own errors about a request. */
function clientErrorStatus(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null;
}

function problem(status: number, detail?: string, extra: ProblemError['extra'] = {}): Problem {
  return { type: 'about:blank', title: titles[status] ?? 'error', status, ...(detail ? { detail } : {}), ...extra };
}
