/** Clients that nobody here wrote, unchanged: what they refuse, the RFCs refuse. */
import type { AddressInfo } from 'node:net';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  PrivateKeyJwtProvider,
  StaticPrivateKeyJwtProvider,
} from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { exportPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTokenType, clientId, grantTypes } from '../../policies/wire.ts';
import { bank } from './testing/bank.ts';
import { select } from './testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from './testing/test_runtime.ts';

const balance = { tool: 'ledger/balance', arguments: { account: 'A-1' } };
const ledgerUrl = 'http://ledger:8080/mcp';
let runtime: TestRuntime;
let mas: TestMas;
let issuer: URL;

beforeAll(async () => {
  runtime = await startTestRuntime();
  runtime.clock.ms = Date.now();
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  // What `app.listen` bound is a TCP socket.
  const { port } = runtime.app.server.address() as AddressInfo;
  runtime.parts.world.baseUrl = () => `http://127.0.0.1:${port}`;
  mas = await runtime.install(bank());
  issuer = new URL(`${runtime.parts.world.baseUrl()}/${mas.mas}`);
});
// These clients date their assertions themselves.
beforeEach(() => {
  runtime.clock.ms = Date.now();
});
afterAll(() => runtime.close());

describe('oauth4webapi', () => {
  const options = { [oauth.allowInsecureRequests]: true };
  const discover = async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }));
  const identity = (app: string) => ({
    client: { client_id: clientId(mas.mas, app) },
    proof: oauth.PrivateKeyJwt({ key: mas.pep(app).key, kid: `${app}-1` }),
  });

  /** A session of `teller`, by the client credentials grant. */
  async function session(server: oauth.AuthorizationServer) {
    const { client, proof } = identity('teller');
    const form = { user_input: 'what is my balance', audience: 'teller' };
    const response = await oauth.clientCredentialsGrantRequest(server, client, proof, form, options);
    return oauth.processClientCredentialsResponse(server, client, response);
  }

  async function exchange(server: oauth.AuthorizationServer, subject: string, target: { [name: string]: string }) {
    const { client, proof } = identity('teller');
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      proof,
      grantTypes.tokenExchange,
      {
        subject_token: subject,
        subject_token_type: accessTokenType,
        requested_token_type: accessTokenType,
        tools: balance.tool,
        arguments: JSON.stringify(balance.arguments),
        ...target,
      },
      options,
    );
    return oauth.processGenericTokenEndpointResponse(server, client, response);
  }

  it('walks metadata, client credentials, exchange, JWKS, introspection and revocation', async () => {
    const server = await discover();
    const first = await session(server);
    await select(mas, 'teller', String(first.session_id), [[balance.tool, balance.arguments]]);
    const exchanged = await exchange(server, first.access_token, { resource: ledgerUrl });
    expect(exchanged).toMatchObject({ token_type: 'bearer', issued_token_type: accessTokenType, scope: 'call-tools' });

    const request = new Request(ledgerUrl, { headers: { authorization: `Bearer ${exchanged.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, 'ledger', options);
    expect(claims).toMatchObject({ aud: 'ledger', tools: [balance.tool], act: { sub: 'teller' } });

    const { client, proof } = identity('ledger');
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, proof, exchanged.access_token, options),
      );
    expect(await introspect()).toMatchObject({ active: true, jti: claims.jti });
    const own = identity('teller');
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, own.client, own.proof, first.access_token, options),
    );
    expect(await introspect()).toEqual({ active: false });
  });

  it('is refused a tool that nobody selected, and a resource that is no app', async () => {
    const server = await discover();
    const { access_token: token } = await session(server);
    await expect(exchange(server, token, { audience: 'ledger' })).rejects.toMatchObject({
      status: 403,
      error: 'access_denied',
    });
    await expect(exchange(server, token, { resource: 'http://elsewhere.test/' })).rejects.toMatchObject({
      status: 400,
      error: 'invalid_target',
    });
  });

  it('is one client under its short name and under its metadata document', async () => {
    const server = await discover();
    const url = `${runtime.parts.world.baseUrl()}/apps/${encodeURIComponent(clientId(mas.mas, 'teller'))}/client-metadata.json`;
    const document = await (await fetch(url)).json();
    expect(document).toMatchObject({ client_id: url, token_endpoint_auth_method: 'private_key_jwt' });
    const ask = async (client: oauth.Client, app: string) =>
      oauth.processClientCredentialsResponse(
        server,
        client,
        await oauth.clientCredentialsGrantRequest(
          server,
          client,
          identity(app).proof,
          { user_input: 'hello', audience: 'teller' },
          options,
        ),
      );
    expect(await ask({ client_id: url }, 'teller')).toMatchObject({ scope: expect.stringContaining('call-tools') });
    await expect(ask({ client_id: url }, 'helper')).rejects.toMatchObject({ error: 'invalid_client' });
    const other = url.replace('client-metadata', '%zz/../client-metadata');
    await expect(ask({ client_id: other }, 'teller')).rejects.toMatchObject({ error: 'invalid_client' });
  });
});

describe('openid-client', () => {
  it('gets, introspects and revokes a token', async () => {
    const configuration = await openid.discovery(
      issuer,
      clientId(mas.mas, 'teller'),
      undefined,
      openid.PrivateKeyJwt({ key: mas.pep('teller').key, kid: 'teller-1' }),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    );
    const { access_token: token } = await openid.clientCredentialsGrant(configuration, {
      user_input: 'what is my balance',
      audience: 'teller',
    });
    expect(await openid.tokenIntrospection(configuration, token)).toMatchObject({ active: true, aud: 'teller' });
    await openid.tokenRevocation(configuration, token);
    expect(await openid.tokenIntrospection(configuration, token)).toEqual({ active: false });
  });
});

describe('the MCP SDK', () => {
  /** A protected server that names its resource and who gives tokens for it (RFC 9728), as `auth` looks them up. */
  const lookUp: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.host !== new URL(ledgerUrl).host) return fetch(input, init);
    return Response.json({ resource: ledgerUrl, authorization_servers: [issuer.href] });
  };

  it('gets a token for discovery by its provider for private keys', async () => {
    const provider = new PrivateKeyJwtProvider({
      clientId: clientId(mas.mas, 'teller'),
      privateKey: await exportPKCS8(mas.pep('teller').key),
      algorithm: 'ES256',
      expectedIssuer: issuer.href,
      scope: 'discover',
    });
    expect(await auth(provider, { serverUrl: ledgerUrl, fetchFn: lookUp })).toBe('AUTHORIZED');
    expect(provider.tokens()).toMatchObject({ token_type: 'Bearer', scope: 'discover' });
  });

  it('gets one by an assertion made beforehand, once', async () => {
    const provider = new StaticPrivateKeyJwtProvider({
      clientId: clientId(mas.mas, 'teller'),
      jwtBearerAssertion: await mas.pep('teller').assertion({ aud: issuer.href }),
      expectedIssuer: issuer.href,
      scope: 'discover',
    });
    expect(await auth(provider, { serverUrl: ledgerUrl, fetchFn: lookUp })).toBe('AUTHORIZED');
    await expect(auth(provider, { serverUrl: ledgerUrl, fetchFn: lookUp })).rejects.toThrow();
  });
});
