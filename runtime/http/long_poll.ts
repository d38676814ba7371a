/** `Prefer: wait=N` (RFC 7240): how long an answer may be held back. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Milliseconds to wait, at most `secondsMax` seconds; 0 without the preference. */
export function waitMsOf(request: FastifyRequest, secondsMax: number): number {
  const preferences = [request.headers.prefer ?? []].flat().join(',');
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(preferences)?.[1];
  return Math.min(Number(seconds ?? 0), secondsMax) * 1000;
}

/** Aborts when the asker goes away, or has its answer. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
