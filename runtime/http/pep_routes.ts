/** What enforcement points ask and tell beside tokens. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EventsResponse, PeerAddress, PeersFeed, RevocationFeed, TokenHashKey } from '../../policies/wire.ts';
import { paths } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { ingressNamespaces } from '../kubernetes/known_workloads.ts';
import type { Parts } from '../parts.ts';
import { parseSelectionsRequest, recordSelections } from '../sessions/record_selections.ts';
import { readRevocations } from '../sessions/revoke_session.ts';
import { joinBearers } from '../traces/join_bearers.ts';
import { topics } from '../traces/news.ts';
import { parseEvents } from '../traces/parse_events.ts';
import { parseNodeFlows } from '../traces/parse_node_flows.ts';
import { appsOfNode, clientOfBearer } from './authenticate.ts';
import { ProblemError } from './http_error.ts';
import { goneSignal, waitMsOf } from './long_poll.ts';

export const pepBodyBytesMax = 16 * 1024 * 1024;
export const revocationsWaitSecondsMax = 10;
export const peersWaitSecondsMax = 10;
export const bundleWaitSecondsMax = 60;

interface MasParams {
  readonly Params: { readonly mas: string };
}

export async function pepRoutes(app: FastifyInstance, { parts }: { parts: Parts }) {
  app.post(paths.selections, { bodyLimit: pepBodyBytesMax }, async (request) => {
    const client = await clientOfBearer(parts, request);
    const selections = parseSelectionsRequest(request.body, client);
    if (typeof selections === 'string') throw new ProblemError(400, selections);
    const recorded = await recordSelections(parts, client, selections);
    if (recorded.kind === 'refused') throw new ProblemError(403, 'nothing was stored', { reason: recorded.reason });
    return {};
  });

  app.post(paths.events, { bodyLimit: pepBodyBytesMax }, async (request): Promise<EventsResponse> => {
    const node = await appsOfNode(parts, request);
    const events =
      node === null
        ? parseEvents(request.body, await clientOfBearer(parts, request))
        : parseNodeFlows(request.body, node);
    if (typeof events === 'string') throw new ProblemError(400, events);
    const joined = await joinBearers(parts.store, events);
    await parts.events.store(joined);
    return { stored: joined.length };
  });

  app.get(paths.tokenHashKey, async (request, reply): Promise<TokenHashKey> => {
    if ((await appsOfNode(parts, request)) === null) await clientOfBearer(parts, request);
    reply.header('cache-control', 'no-store');
    return { key: Buffer.from(parts.keys.tokenHashKey()).toString('hex') };
  });

  app.get<MasParams & { Querystring: { after?: string } }>(
    '/oauth/revocations/:mas',
    async (request, reply): Promise<RevocationFeed> => {
      const client = await ownMas(parts, request, request.params.mas);
      const after = Number(request.query.after ?? 0);
      if (!Number.isSafeInteger(after) || after < 0) throw new ProblemError(400, '`after` must be a sequence number');
      const gone = goneSignal(reply);
      // Registered before reading: news between the two is not missed.
      const news = parts.news.next(topics.revocations(client.mas), waitMsOf(request, revocationsWaitSecondsMax), gone);
      const feed = await readRevocations(parts.store, client.mas, after);
      reply.header('cache-control', 'no-store');
      if (feed.revoked.length > 0 || feed.sequence !== after) return feed;
      await news;
      return readRevocations(parts.store, client.mas, after);
    },
  );

  app.get<MasParams & { Querystring: { known?: string } }>(
    '/peers/:mas',
    async (request, reply): Promise<PeersFeed> => {
      const client = await ownMas(parts, request, request.params.mas);
      const { known = '' } = request.query;
      reply.header('cache-control', 'no-store');
      const waitMs = waitMsOf(request, peersWaitSecondsMax);
      if (peersSince(parts, client, known).peers === null) {
        await parts.news.next(topics.peers, waitMs, goneSignal(reply));
      }
      return peersSince(parts, client, known);
    },
  );

  app.get<MasParams>('/bundles/:mas', async (request, reply) => {
    const client = await ownMas(parts, request, request.params.mas);
    const known = request.headers['if-none-match'];
    const etag = () => `"${parts.policies.get(client.mas)?.revision ?? ''}"`;
    if (known === etag()) {
      await parts.news.next(topics.bundle(client.mas), waitMsOf(request, bundleWaitSecondsMax), goneSignal(reply));
    }
    const served = parts.policies.get(client.mas);
    if (served === null) throw new ProblemError(404, 'the system has no policy', { reason: 'policy_missing' });
    reply.header('etag', etag()).header('cache-control', 'no-cache');
    if (known === etag()) return reply.code(304).send();
    return reply.header('content-type', 'application/gzip').send(Buffer.from(served.packed));
  });
}

/** INVARIANT (deny by default): who does not know all workloads says so, and nobody is told to be outside. */
function peersSince(parts: Parts, client: Client, known: string): PeersFeed {
  const all = parts.cluster?.peers() ?? null;
  if (all === null) throw new ProblemError(503, 'the addresses of workloads are not known at the moment');
  if (all.version === known) return { version: all.version, peers: null };
  const served = parts.policies.get(client.mas);
  const ingress = served === null ? [] : ingressNamespaces(served.pep);
  const peers = all.peers.flatMap((peer): readonly PeerAddress[] => {
    if (peer.mas === null) return ingress.includes(peer.namespace) ? [peer] : [];
    return [peer.mas === client.mas ? peer : { ...peer, app: null, workload: null }];
  });
  return { version: all.version, peers };
}

/** The client, if the MAS in the path is its own. */
async function ownMas(parts: Parts, request: FastifyRequest, mas: string): Promise<Client> {
  const client = await clientOfBearer(parts, request);
  if (client.mas !== mas) throw new ProblemError(403, 'the enforcement point is of another system');
  return client;
}
