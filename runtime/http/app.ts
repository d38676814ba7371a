/** The HTTP API as one Fastify app, testable without a socket. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { Parts } from '../parts.ts';
import { endConnectionsOnClose } from './end_connections.ts';
import { ProblemError, sendProblem } from './http_error.ts';
import { logFailure } from './log_failure.ts';
import { managementRoutes } from './management_routes.ts';
import { Metrics } from './metrics.ts';
import { oauthRoutes } from './oauth_routes.ts';
import { pepRoutes } from './pep_routes.ts';
import { publicRoutes } from './public_routes.ts';

export const bodyBytesMax = 64 * 1024;

export interface AppOptions {
  readonly parts: Parts;
  readonly modules: PolicyModules;
  /** null: nobody manages. */
  readonly adminToken: string | null;
  /** Resolves when what other replicas committed before is served here too, or the store is away. */
  readonly catchUp: () => Promise<void>;
  readonly logger: FastifyBaseLogger;
}

/** Logs say which route answered what: never a URL's query, a header or a body. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { parts, modules, adminToken, catchUp, logger } = options;
  const metrics = new Metrics();
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
  });
  app.setErrorHandler((error, request, reply) => {
    logFailure(request.log, error);
    return sendProblem(reply, error);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, new ProblemError(404, 'no such path')));
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    request.log.debug({ route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered');
  });
  endConnectionsOnClose(app);
  await app.register(oauthRoutes, { parts, metrics });
  await app.register(pepRoutes, { parts });
  await app.register(publicRoutes, { parts, metrics });
  await app.register(managementRoutes, { parts, modules, adminToken, catchUp });
  return app;
}
