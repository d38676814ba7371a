/** The token endpoints (DESIGN 5.4). */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { paths } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import type { ExchangeRequest } from '../exchange/exchange_request.ts';
import { exchangeToken } from '../exchange/exchange_token.ts';
import type { Parts } from '../parts.ts';
import { introspectToken, verifyOwn } from '../sessions/introspect_token.ts';
import { issueAppToken } from '../sessions/issue_app_token.ts';
import { revokeSession } from '../sessions/revoke_session.ts';
import { startSession, type TokenAnswer } from '../sessions/start_session.ts';
import { clientOfForm } from './authenticate.ts';
import { completeForm } from './complete_form.ts';
import { noStore, sendOAuthError, sendRefusal } from './http_error.ts';
import { logFailure } from './log_failure.ts';
import type { Metrics } from './metrics.ts';
import { asForm, formBytesMax, parseExchange, parseForm, parseTokenRequest, type TokenRequest } from './parse_form.ts';

export async function oauthRoutes(app: FastifyInstance, { parts, metrics }: { parts: Parts; metrics: Metrics }) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: formBytesMax },
    async (_request: unknown, body: string) => parseForm(body),
  );
  app.setErrorHandler((error, request, reply) => {
    logFailure(request.log, error);
    return sendOAuthError(reply, error);
  });

  app.post(paths.token, async (request, reply) => {
    const form = asForm(request.body);
    const client = await clientOfForm(parts, form);
    const asked = parseTokenRequest(completeForm(parts, client, form));
    return sendTokenAnswer(reply, metrics, asked, await answer(parts, client, asked));
  });

  app.post(paths.exchange, async (request, reply) => {
    const form = asForm(request.body);
    const client = await clientOfForm(parts, form);
    const exchange: ExchangeRequest = parseExchange(completeForm(parts, client, form));
    const asked: TokenRequest = { kind: 'exchange', request: exchange };
    return sendTokenAnswer(reply, metrics, asked, await answer(parts, client, asked));
  });

  app.post(paths.introspect, async (request, reply) => {
    const form = asForm(request.body);
    const client = await clientOfForm(parts, form);
    return noStore(reply).send(await introspectToken(parts, client, form.token ?? ''));
  });

  app.post(paths.revoke, async (request, reply) => {
    const form = asForm(request.body);
    const client = await clientOfForm(parts, form);
    await revokeToken(parts, client, form.token ?? '');
    return noStore(reply).code(200).send();
  });
}

function answer(parts: Parts, client: Client, asked: TokenRequest): Promise<TokenAnswer<object>> {
  switch (asked.kind) {
    case 'session':
      return startSession(parts, client, asked.start);
    case 'app':
      return issueAppToken(parts, client, asked.request);
    case 'exchange':
      return exchangeToken(parts, client, asked.request);
  }
}

function sendTokenAnswer(
  reply: FastifyReply,
  metrics: Metrics,
  asked: TokenRequest,
  given: TokenAnswer<object>,
): FastifyReply {
  const decisionId = asked.kind === 'session' ? asked.start.decisionId : asked.request.decisionId;
  if (given.kind === 'refused') {
    metrics.countDecision(asked.kind, given.decision.reason);
    return sendRefusal(reply, decisionId, given.decision);
  }
  metrics.countDecision(asked.kind, 'ok');
  return noStore(reply).send(given.response);
}

/** RFC 7009: a token that the client was given, or that was minted for its app, ends its session. */
async function revokeToken(parts: Parts, client: Client, token: string): Promise<void> {
  const claims = await verifyOwn(parts, client, token);
  if (claims === null || claims.session_id === '') return;
  if (claims.client_id !== client.clientId && claims.aud !== client.app) return;
  await revokeSession(parts, client.mas, claims.session_id);
}
