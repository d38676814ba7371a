import { randomUUID } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../policies/contract.ts';
import { clientAssertionType, grantTypes, paths, type SessionStartResponse } from '../../../policies/wire.ts';
import { bank } from '../../http/testing/bank.ts';
import { postForm, startTestRuntime, type TestMas, type TestRuntime } from '../../http/testing/test_runtime.ts';
import { temporaryKeyEncryption } from '../../keys/key_encryption.ts';
import { keycloakMissing, keycloakStartMs, type RealKeycloak, startRealKeycloak } from '../testing/real_keycloak.ts';
import { askRealm, type RealmPep, realmToken } from '../testing/realm_peps.ts';
import { KeycloakIdentity, vouchedForMs } from './keycloak_identity.ts';

const title = keycloakMissing === null ? '' : ` (skipped: ${keycloakMissing})`;

describe.skipIf(keycloakMissing !== null)(`a runtime whose identity provider is a real Keycloak${title}`, () => {
  let keycloak: RealKeycloak;
  let runtime: TestRuntime;
  let mas: TestMas;
  const told: (readonly [string, unknown])[] = [];
  let monotonicMs = 1;

  beforeAll(async () => {
    keycloak = await startRealKeycloak();
    runtime = await startTestRuntime(
      { kind: 'memory' },
      temporaryKeyEncryption(),
      () => null,
      (parts) => {
        const { url, admin } = keycloak;
        const onProblem = (name: string, error: unknown) => void told.push([name, error]);
        return new KeycloakIdentity({ url, admin, parts, monotonicMs: () => monotonicMs, onProblem });
      },
    );
    runtime.clock.ms = Date.now();
    mas = await runtime.install(bank());
  }, keycloakStartMs);
  afterAll(async () => {
    await runtime?.close();
    await keycloak?.stop();
  });

  const issuer = (name = mas.mas) => `${keycloak.url}/realms/${name}`;
  const pep = (app: string, of = mas): RealmPep => ({ app, key: of.pep(app).key, realmUrl: issuer(of.mas) });
  const certs = () => createRemoteJWKSet(new URL(`${issuer()}/protocol/openid-connect/certs`));
  /** What only a fresh word of the realm decides is asked anew. */
  const later = () => {
    monotonicMs += vouchedForMs + 1;
    runtime.clock.ms = Date.now();
  };
  const postAs = (assertion: string, url: string, form: { readonly [name: string]: string }) => {
    const asserted = { client_assertion_type: clientAssertionType, client_assertion: assertion };
    return postForm(runtime.app, url, new URLSearchParams({ ...asserted, ...form }).toString());
  };
  const start = (assertion: string) =>
    postAs(assertion, paths.token, {
      grant_type: grantTypes.clientCredentials,
      user_input: 'what is my balance',
      audience: 'teller',
      decision_id: randomUUID(),
    });
  const intentToken = async () => {
    later();
    const answer = await start(await realmToken(pep('teller')));
    expect({ status: answer.statusCode, body: answer.body }).toMatchObject({ status: 200 });
    return answer.json<SessionStartResponse>().access_token;
  };
  const ask = async (path: string) => (await keycloak.call('GET', `/${mas.mas}${path}`)).json;
  const keyNamed = async (kid: string) =>
    ((await ask('/keys')) as { keys: { kid: string; status: string; providerId: string }[] }).keys.filter(
      (key) => key.kid === kid,
    );
  const clientOf = async (app: string) => ((await ask(`/clients?clientId=${app}`)) as JsonObject[])[0] ?? {};
  const currentKid = async () => (await runtime.parts.keys.of(mas.mas, runtime.clock.ms)).current.kid;

  it('makes a realm for a MAS: its key verifies and never signs, each app has a client, scopes never grow', async () => {
    expect(await keyNamed(await currentKid())).toMatchObject([{ status: 'PASSIVE' }]);
    const clients = (await ask('/clients')) as { clientId: string; attributes: JsonObject }[];
    const ours = clients.filter(({ attributes }) => attributes['casa.app'] === 'true').map(({ clientId }) => clientId);
    expect(ours.sort()).toEqual(['archive', 'helper', 'ledger', 'teller', 'web']);
    expect(JSON.stringify(await ask('/client-policies/profiles'))).toContain('downscope-assertion-grant-enforcer');
    const signedByRealm = decodeProtectedHeader(await realmToken(pep('teller')));
    expect(signedByRealm.kid).not.toBe(await currentKid());
  });

  it('signs tokens that a resource server verifies which knows the realm only, and a forged one it does not', async () => {
    const expected = { issuer: issuer(), audience: 'teller', typ: 'at+jwt', requiredClaims: ['exp'] };
    const { payload } = await jwtVerify(await intentToken(), certs(), expected);
    expect(payload).toMatchObject({
      azp: 'teller',
      sub: 'urn:casa:outside',
      scope: expect.stringContaining('user-input'),
    });
    const { privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', typ: 'at+jwt', kid: await currentKid() };
    const forged = await new SignJWT(payload).setProtectedHeader(header).sign(privateKey);
    await expect(jwtVerify(forged, certs(), expected)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it('gives no token without an end', async () => {
    expect(decodeJwt(await intentToken()).exp).toBeGreaterThan(runtime.clock.ms / 1000);
  });

  it('has its tokens introspected by Keycloak, which also ends them: by revocation, and by notBefore', async () => {
    const introspect = (token: string) => askRealm(pep('teller'), '/token/introspect', { token });
    const [one, other] = [await intentToken(), await intentToken()];
    expect(await introspect(one)).toMatchObject({ active: true, aud: 'teller', client_id: 'teller' });
    await askRealm(pep('teller'), '/revoke', { token: one });
    expect([await introspect(one), await introspect(other)]).toMatchObject([{ active: false }, { active: true }]);
    await keycloak.call('PUT', `/${mas.mas}`, { notBefore: Math.floor(Date.now() / 1000) + 60 });
    expect(await introspect(other)).toEqual({ active: false });
    await keycloak.call('PUT', `/${mas.mas}`, { notBefore: 0 });
  });

  it('gives Keycloak no token that opens its admin API, or that its own exchange takes', async () => {
    const token = await intentToken();
    const admin = await fetch(`${keycloak.url}/admin/realms/${mas.mas}/clients`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([401, 403]).toContain(admin.status);
    const exchanged = await askRealm(pep('teller'), '/token', {
      grant_type: grantTypes.tokenExchange,
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    expect(exchanged.access_token).toBeUndefined();
  });

  it('leaves no user in a realm who may manage it', async () => {
    const management = (await ask('/clients?clientId=realm-management')) as { id: string }[];
    const id = management[0]?.id;
    const roles = (await ask(`/clients/${id}/roles`)) as { name: string }[];
    expect(roles.map(({ name }) => name)).toContain('realm-admin');
    for (const { name } of roles) expect(await ask(`/clients/${id}/roles/${name}/users`)).toEqual([]);
  });

  it('accepts the realm token of an enforcement point, and no other proof', async () => {
    const own = await realmToken(pep('teller'));
    const other = await runtime.install(bank('other'));
    const { privateKey } = await generateKeyPair('ES256');
    const header = decodeProtectedHeader(own);
    const ours = { alg: 'ES256', typ: 'at+jwt', kid: await currentKid() };
    const key = (await runtime.parts.keys.of(mas.mas, runtime.clock.ms)).current.key;
    const proofs = {
      own,
      'of another realm': await realmToken(pep('teller', other)),
      'of another app': await realmToken(pep('helper')),
      forged: await new SignJWT(decodeJwt(own)).setProtectedHeader({ ...header, alg: 'ES256' }).sign(privateKey),
      'signed with our own key': await new SignJWT(decodeJwt(own)).setProtectedHeader(ours).sign(key),
      'a token of ours': await intentToken(),
      'a client assertion': await mas.pep('teller').assertion(),
      nothing: 'x',
    };
    later();
    const statuses: { [proof: string]: number } = {};
    for (const [proof, bearer] of Object.entries(proofs)) statuses[proof] = (await start(bearer)).statusCode;
    expect(statuses).toEqual({
      own: 200,
      // It speaks for its own system, where it may do the same.
      'of another realm': 200,
      'of another app': 403,
      forged: 401,
      'signed with our own key': 401,
      'a token of ours': 401,
      'a client assertion': 401,
      nothing: 401,
    });
    const feed = await runtime.app.inject({
      url: paths.revocations(mas.mas),
      headers: { authorization: `Bearer ${proofs['of another realm']}` },
    });
    expect(feed.statusCode).toBe(403);
    expect((await runtime.admin('DELETE', `/mas/${other.mas}`)).statusCode).toBe(204);
    expect((await keycloak.call('GET', `/${other.mas}`)).status).toBe(404);
  });

  it("repairs what somebody changed in a realm, leaves what is the operator's, and then has nothing to do", async () => {
    const kid = await currentKid();
    const before = await keyNamed(kid);
    const component = (await ask(`/components/${before[0]?.providerId}`)) as { config: JsonObject };
    await keycloak.call('PUT', `/${mas.mas}/components/${before[0]?.providerId}`, {
      ...component,
      config: { ...component.config, active: ['true'] },
    });
    const teller = await clientOf('teller');
    await keycloak.call('PUT', `/${mas.mas}/clients/${teller.id}`, {
      ...teller,
      fullScopeAllowed: true,
      protocolMappers: [],
    });
    const helper = await clientOf('helper');
    await keycloak.call('PUT', `/${mas.mas}/clients/${helper.id}`, { ...helper, enabled: false });
    await keycloak.call('DELETE', `/${mas.mas}/clients/${(await clientOf('web')).id}`);
    await keycloak.call('PUT', `/${mas.mas}/client-policies/policies`, { policies: [] });
    await keycloak.call('PUT', `/${mas.mas}`, { accessTokenLifespan: 9_999 });
    await runtime.parts.identity.apply(mas.mas);
    expect(await keyNamed(kid)).toMatchObject([{ status: 'PASSIVE' }]);
    expect(await clientOf('teller')).toMatchObject({
      fullScopeAllowed: false,
      protocolMappers: [{ name: 'casa-audience' }],
    });
    expect(await clientOf('helper')).toMatchObject({ enabled: false });
    expect(await clientOf('web')).toMatchObject({ enabled: true });
    expect(JSON.stringify(await ask('/client-policies/policies'))).toContain('casa-downscope');
    expect(await ask('')).toMatchObject({ accessTokenLifespan: 300 });
    const ids = [(await clientOf('teller')).id, await keyNamed(kid)];
    await runtime.parts.identity.apply(mas.mas);
    expect([(await clientOf('teller')).id, await keyNamed(kid)]).toEqual(ids);
    await keycloak.call('PUT', `/${mas.mas}/clients/${helper.id}`, { ...helper, enabled: true });
  });

  it('follows a MAS that changes: the client of an app that is gone goes', async () => {
    const changing = await runtime.install(bank('changing'));
    const registration = bank('changing');
    const spec = registration.multiAgentSystem.spec as unknown as { apps: { name: string }[] };
    const without = {
      multiAgentSystem: {
        ...registration.multiAgentSystem,
        spec: { ...spec, apps: spec.apps.filter(({ name }) => name !== 'web') } as unknown as JsonObject,
      },
      policies: registration.policies,
    };
    expect((await runtime.admin('PUT', `/mas/${changing.mas}`, without)).statusCode).toBe(200);
    expect((await keycloak.call('GET', `/${changing.mas}/clients?clientId=web`)).json).toEqual([]);
    expect((await runtime.admin('DELETE', `/mas/${changing.mas}`)).statusCode).toBe(204);
  });

  it('never touches a realm that it did not make, and issues nothing for a MAS of its name', async () => {
    await keycloak.call('POST', '', { realm: 'foreign.demo', enabled: true, displayName: 'theirs' });
    const applied = await runtime.admin('POST', '/mas', bank('foreign'));
    expect(applied.statusCode).toBe(409);
    const client = { clientId: 'foreign.demo/teller', mas: 'foreign.demo', app: 'teller' };
    await expect(runtime.parts.identity.vouch(client)).rejects.toMatchObject({ code: 'identity_unavailable' });
    expect((await runtime.admin('DELETE', '/mas/foreign.demo')).statusCode).toBe(204);
    expect((await keycloak.call('GET', '/foreign.demo')).json).toMatchObject({ displayName: 'theirs' });
  });

  it('issues nothing in a realm that is switched off, or that has lost the key', async () => {
    const bearer = await realmToken(pep('teller'));
    await keycloak.call('PUT', `/${mas.mas}`, { enabled: false });
    await runtime.parts.identity.apply(mas.mas);
    later();
    expect((await start(bearer)).statusCode).toBe(503);
    await keycloak.call('PUT', `/${mas.mas}`, { enabled: true });
    await runtime.parts.identity.apply(mas.mas);
    later();
    expect((await start(bearer)).statusCode).toBe(200);
    const [key] = await keyNamed(await currentKid());
    await keycloak.call('DELETE', `/${mas.mas}/components/${key?.providerId}`);
    later();
    expect((await start(bearer)).statusCode).toBe(503);
    await runtime.parts.identity.apply(mas.mas);
    later();
    expect((await start(bearer)).statusCode).toBe(200);
  });

  it('issues nothing while Keycloak is away, and says so; what is out is still introspected', async () => {
    const bearer = await realmToken(pep('teller'));
    const token = await intentToken();
    keycloak.pause();
    try {
      later();
      const refused = await start(bearer);
      expect([refused.statusCode, refused.json()]).toMatchObject([
        503,
        { type: 'urn:casa:error:identity_unavailable' },
      ]);
      expect(told.at(-1)).toMatchObject([mas.mas, { code: 'identity_unavailable' }]);
      const introspected = await postAs(bearer, paths.introspect, { token });
      expect(introspected.json()).toMatchObject({ active: true });
      const ready = await runtime.app.inject(paths.ready);
      expect(ready.json()).toMatchObject({ identity: { provider: 'keycloak', reachable: false } });
    } finally {
      keycloak.resume();
    }
    later();
    expect((await start(bearer)).statusCode).toBe(200);
    expect(told.at(-1)).toEqual([mas.mas, null]);
  });
});
