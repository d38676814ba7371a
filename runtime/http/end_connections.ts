import type { FastifyInstance } from 'fastify';

/** A connection that is answered while the app closes must not stay open, idle, and keep it from ending. */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
