/** The Explorer's own server: pages, sign-in and read-only JSON, testable without a socket. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { isSignedIn } from '../../explorer/sign_in.ts';
import { Tally } from '../../explorer/tally.ts';
import type { Parts } from '../../parts.ts';
import { ProblemError, sendProblem } from '../http_error.ts';
import { logFailure } from '../log_failure.ts';
import { explorerApi } from './explorer_api.ts';
import { type PageFiles, pageRoutes, sendNotSignedIn } from './page_routes.ts';
import { secretOf, signInRoutes } from './sign_in_routes.ts';

export interface ExplorerOptions {
  readonly parts: Parts;
  readonly files: PageFiles;
  readonly logger: FastifyBaseLogger;
}

/** Nothing but code of our own, and nobody else's page around it. */
export const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // The sign-in link has a code in it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export async function buildExplorer({ parts, files, logger }: ExplorerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
  });
  app.setErrorHandler((error, request, reply) => {
    logFailure(request.log, error);
    return sendProblem(reply, error);
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  await app.register(signInRoutes, { parts });
  await app.register(async (guarded) => {
    // INVARIANT (deny by default): every page and every answer is behind this, the UI's own files included.
    guarded.addHook('onRequest', async (request, reply) => {
      if (await isSignedIn(parts, secretOf(request))) return;
      if (request.url.startsWith('/api/')) throw new ProblemError(401, 'sign in by the link that the runtime printed');
      return sendNotSignedIn(reply, 'none');
    });
    await guarded.register(explorerApi, { parts, tally: new Tally(parts.store) });
    await guarded.register(pageRoutes, { files });
  });
  return app;
}
