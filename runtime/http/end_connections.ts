import type { FastifyInstance } from 'fastify';

/** How long a request under way, or a connection that never asked anything, may hold up the end. */
export const closeGraceMs = 2_000;

/** A connection must not stay open, idle, and keep the app from ending: neither one answered while it closes nor a silent one. */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => app.server.closeAllConnections(), closeGraceMs).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
