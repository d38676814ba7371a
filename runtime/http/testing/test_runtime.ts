/** For tests: the real runtime on a database in memory, with a clock that stands still, asked without a socket. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JsonObject } from '../../../policies/contract.ts';
import { readPolicyModules } from '../../../policies/read_modules.ts';
import { clientAssertionType, clientId, type MasRegistration } from '../../../policies/wire.ts';
import type { Cluster } from '../../clients/cluster.ts';
import { embeddedIdentity } from '../../identity/embedded.ts';
import type { IdentityProvider } from '../../identity/identity_provider.ts';
import { type KeyEncryption, temporaryKeyEncryption } from '../../keys/key_encryption.ts';
import { SigningKeys } from '../../keys/signing_keys.ts';
import { type Parts, seconds, type World } from '../../parts.ts';
import { FollowedChanges } from '../../policy/followed_changes.ts';
import { PolicySet } from '../../policy/policy_set.ts';
import { serveStoredMas } from '../../policy/stored_mas.ts';
import { installedModelsPath } from '../../semantic/installed_models.ts';
import { SemanticChecks } from '../../semantic/open_semantic_check.ts';
import { openStore, type StoreLocation } from '../../store/open_store.ts';
import { EventQueue } from '../../traces/event_queue.ts';
import { News } from '../../traces/news.ts';
import { buildApp } from '../app.ts';
import { openLogger } from '../logger.ts';

export const testBaseUrl = 'http://runtime.test';
export const testAdminToken = 'management-token-of-tests';

export interface TestRuntime {
  readonly parts: Parts;
  readonly app: FastifyInstance;
  /** Every line that was logged. */
  readonly logged: readonly string[];
  readonly clock: { ms: number };
  admin(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object): Promise<LightMyRequestResponse>;
  /** Applies the MAS and registers an enforcement point for each of its apps. */
  install(registration: MasRegistration): Promise<TestMas>;
  /** The enforcement points of a MAS that another replica installed, asking this one. */
  adopt(mas: TestMas): TestMas;
  close(): Promise<void>;
}

export interface TestMas {
  readonly mas: string;
  pep(app: string): TestPep;
}

/** An enforcement point with a registered key. */
export interface TestPep {
  readonly key: CryptoKey;
  assertion(claims?: JsonObject): Promise<string>;
  form(path: string, fields: { readonly [name: string]: string }): Promise<LightMyRequestResponse>;
  json(path: string, body: object): Promise<LightMyRequestResponse>;
  get(path: string, headers?: { readonly [name: string]: string }): Promise<LightMyRequestResponse>;
}

/** Replicas of one database share the key that encrypts their keys. */
export async function startTestRuntime(
  location: StoreLocation = { kind: 'memory' },
  encryption: KeyEncryption = temporaryKeyEncryption(),
  openCluster: (news: News, policies: PolicySet) => Cluster | null = () => null,
  openIdentity: (parts: Omit<Parts, 'identity'>) => IdentityProvider = embeddedIdentity,
): Promise<TestRuntime> {
  const clock = { ms: 1_800_000_000_000 };
  const modules = readPolicyModules();
  const store = await openStore(location, clock.ms);
  const news = new News();
  const policies = await PolicySet.open(modules.wasm);
  const others: Omit<Parts, 'identity'> = {
    store,
    policies,
    semantic: new SemanticChecks({
      modelsPath: installedModelsPath(),
      modelTimeoutMs: 20_000,
      verifier: null,
      now: () => clock.ms,
    }),
    keys: new SigningKeys(store, encryption),
    events: new EventQueue(store),
    news,
    cluster: openCluster(news, policies),
    world: {
      now: () => clock.ms,
      uuid: randomUUID,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      baseUrl: () => testBaseUrl,
    },
  };
  const parts: Parts = { ...others, identity: openIdentity(others) };
  await serveStoredMas(store, parts.policies, modules, clock.ms);
  const followed = new FollowedChanges(parts, modules, () => undefined);
  const logged: string[] = [];
  const logger = openLogger({ write: (line) => void logged.push(line) }, 'trace');
  const catchUp = () => followed.read();
  const app = await buildApp({ parts, modules, adminToken: testAdminToken, catchUp, logger });
  const admin: TestRuntime['admin'] = (method, url, body) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${testAdminToken}` },
      ...(body ? { payload: body } : {}),
    });
  return {
    parts,
    app,
    logged,
    clock,
    admin,
    install: (registration) => install(app, parts.world, admin, registration),
    adopt: ({ mas, pep }) => ({
      mas,
      pep: (name) => testPep(app, parts.world, { id: clientId(mas, name), kid: `${name}-1`, key: pep(name).key }),
    }),
    async close() {
      followed.close();
      parts.identity.close();
      parts.news.close();
      await app.close();
      await parts.events.flush();
      await parts.semantic.close();
      await store.close();
    },
  };
}

async function install(
  app: FastifyInstance,
  world: World,
  admin: TestRuntime['admin'],
  registration: MasRegistration,
): Promise<TestMas> {
  const applied = await admin('POST', '/mas', registration);
  if (applied.statusCode !== 201) throw new Error(`not applied: ${applied.body}`);
  const { mas } = applied.json<{ mas: string }>();
  const spec = registration.multiAgentSystem.spec as unknown as { apps: readonly { name: string }[] };
  const peps = new Map<string, TestPep>();
  for (const { name } of spec.apps) {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: `${name}-1` };
    const registered = await admin('POST', '/apps', { mas, app: name, jwks: { keys: [jwk] } });
    if (registered.statusCode !== 201) throw new Error(`not registered: ${registered.body}`);
    peps.set(name, testPep(app, world, { id: clientId(mas, name), kid: `${name}-1`, key: privateKey }));
  }
  return {
    mas,
    pep(name) {
      const pep = peps.get(name);
      if (pep === undefined) throw new Error(`no app ${name}`);
      return pep;
    },
  };
}

interface PepIdentity {
  readonly id: string;
  readonly kid: string;
  readonly key: CryptoKey;
}

function testPep(app: FastifyInstance, world: World, identity: PepIdentity): TestPep {
  const assertion = (claims: JsonObject = {}) => {
    const now = seconds(world.now());
    const standard = {
      iss: identity.id,
      sub: identity.id,
      aud: world.baseUrl(),
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
    };
    return new SignJWT({ ...standard, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: identity.kid })
      .sign(identity.key);
  };
  const bearer = async () => ({ authorization: `Bearer ${await assertion()}` });
  return {
    key: identity.key,
    assertion,
    async form(path, fields) {
      const form = { client_assertion_type: clientAssertionType, client_assertion: await assertion(), ...fields };
      return postForm(app, path, new URLSearchParams(form).toString());
    },
    async json(path, body) {
      return app.inject({ method: 'POST', url: path, headers: await bearer(), payload: body });
    },
    async get(path, headers = {}) {
      return app.inject({ method: 'GET', url: path, headers: { ...headers, ...(await bearer()) } });
    },
  };
}

export function postForm(app: FastifyInstance, url: string, payload: string): Promise<LightMyRequestResponse> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return app.inject({ method: 'POST', url, headers, payload });
}
