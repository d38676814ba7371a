/** The Explorer's JSON: it reads, and changes nothing. */
import type { FastifyInstance } from 'fastify';
import { readCallPage } from '../../explorer/read_call_page.ts';
import { readGraph } from '../../explorer/read_graph.ts';
import { readMasPage } from '../../explorer/read_mas_page.ts';
import { readOverview } from '../../explorer/read_overview.ts';
import { readSessionPage } from '../../explorer/read_session_page.ts';
import { readSessions } from '../../explorer/read_sessions.ts';
import type { Sources } from '../../explorer/sources.ts';
import { ProblemError } from '../http_error.ts';

interface MasParams {
  readonly Params: { readonly mas: string };
}

export async function explorerApi(app: FastifyInstance, sources: Sources): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.get('/api/overview', () => readOverview(sources));
  app.get<MasParams>('/api/mas/:mas', async ({ params }) => {
    return (await readMasPage(sources, params.mas)) ?? notFound('system');
  });
  app.get<MasParams>('/api/graph/:mas', async ({ params }) => {
    return (await readGraph(sources, params.mas)) ?? notFound('system that is served');
  });
  app.get<{ Querystring: { readonly mas?: string; readonly before?: string } }>('/api/sessions', ({ query }) =>
    readSessions(sources, { mas: query.mas ?? null, before: query.before ?? null }),
  );
  app.get<{ Params: { readonly session: string } }>('/api/sessions/:session', async ({ params }) => {
    return (await readSessionPage(sources, params.session)) ?? notFound('session');
  });
  app.get<{ Params: { readonly mas: string; readonly decision: string } }>(
    '/api/calls/:mas/:decision',
    async ({ params }) => (await readCallPage(sources, params.mas, params.decision)) ?? notFound('call'),
  );
  app.get('/api/*', async () => notFound('path'));
}

function notFound(what: string): never {
  throw new ProblemError(404, `no such ${what}`);
}
