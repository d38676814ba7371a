/** What everybody may read: keys, metadata, health. */
import type { FastifyInstance } from 'fastify';
import { grantTypes, paths } from '../../policies/wire.ts';
import { clientMetadata } from '../clients/client_metadata.ts';
import type { Parts } from '../parts.ts';
import { OAuthError, ProblemError, sendOAuthError } from './http_error.ts';
import type { Metrics } from './metrics.ts';
import { readReadiness } from './read_readiness.ts';

/** A verifier reads the keys again when it meets an unknown `kid`. */
export const jwksMaxAgeSeconds = 300;

const ownClients = {
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256'],
  introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
  revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
  client_id_metadata_document_supported: true,
};

interface MasParams {
  readonly Params: { readonly mas: string };
}

export async function publicRoutes(app: FastifyInstance, { parts, metrics }: { parts: Parts; metrics: Metrics }) {
  app.get<MasParams>('/:mas/jwks', async (request, reply) => {
    const { mas } = request.params;
    if (parts.policies.get(mas) === null) throw new ProblemError(404, 'no such system');
    const { jwks } = await parts.keys.of(mas, parts.world.now());
    reply.header('cache-control', `public, max-age=${jwksMaxAgeSeconds}`);
    return reply.header('content-type', 'application/jwk-set+json').send(JSON.stringify(jwks));
  });

  // RFC 8414
  app.get<MasParams>('/.well-known/oauth-authorization-server/:mas', async (request) => {
    const { mas } = request.params;
    if (parts.policies.get(mas) === null) throw new ProblemError(404, 'no such system');
    const at = (path: string) => `${parts.world.baseUrl()}${path}`;
    return {
      issuer: parts.identity.issuer(mas),
      authorization_endpoint: at(paths.authorize),
      token_endpoint: at(paths.token),
      introspection_endpoint: at(paths.introspect),
      revocation_endpoint: at(paths.revoke),
      jwks_uri: at(paths.jwks(mas)),
      grant_types_supported: Object.values(grantTypes),
      response_types_supported: [],
      // With a Keycloak the realm knows its clients, and its token is their assertion here.
      ...(parts.identity.kind === 'embedded' ? ownClients : {}),
      scopes_supported: ['user-input', 'call-agents', 'call-tools', 'discover'],
    };
  });

  app.get<{ Params: { id: string } }>('/apps/:id/client-metadata.json', async (request, reply) => {
    const [mas = '', app = '', ...more] = request.params.id.split('/');
    const document = more.length > 0 ? null : await clientMetadata(parts, mas, app);
    if (document === null) throw new ProblemError(404, 'no such client');
    return reply.header('cache-control', `public, max-age=${jwksMaxAgeSeconds}`).send(document);
  });

  // RFC 6749 section 4.1.2.1, told to whoever asks: there is no redirect URI to trust.
  app.get(paths.authorize, async (_request, reply) =>
    sendOAuthError(reply, new OAuthError('unsupported_response_type', 'tokens are given to enforcement points only')),
  );

  app.get(paths.health, async () => ({ status: 'ok' }));

  app.get(paths.ready, async (_request, reply) => {
    const readiness = await readReadiness(parts);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    const text = metrics.render(parts.events.counts, parts.policies.names().length);
    return reply.header('content-type', 'text/plain; version=0.0.4').send(text);
  });
}
