/** What is logged of a request that failed: what kind and where, never the words of it, which may quote a body. */
import type { FastifyBaseLogger } from 'fastify';
import { CasaError } from '../../policies/errors.ts';
import { OAuthError, ProblemError } from './http_error.ts';

const framesMax = 8;

/** A request that was wrong is logged at debug, what broke here at error. */
export function logFailure(log: FastifyBaseLogger, error: unknown): void {
  if (error instanceof OAuthError || error instanceof ProblemError || isClientError(error)) {
    log.debug({ kind: error.constructor.name }, 'a request was wrong');
    return;
  }
  const code = error instanceof CasaError ? error.code : 'bug';
  log.error(
    { code, kind: error instanceof Error ? error.name : typeof error, frames: frames(error) },
    'a request failed',
  );
}

function isClientError(error: unknown): error is Error {
  return error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500;
}

/** The places of a stack, without the message above them. */
function frames(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, framesMax);
}
