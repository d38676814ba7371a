import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import { CasaError } from '../../policies/errors.ts';
import { openRealmToken, realmUrl } from '../../policies/realm_token.ts';
import { clientId } from '../../policies/wire.ts';
import type { RuntimeConfig } from './config.ts';

const assertionTtlSeconds = 60;
const requestTimeoutMs = 5_000;

export interface AccessWorld {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly uuid: () => string;
  readonly fetch: typeof fetch;
}

/** Whose enforcement point is spoken for. */
export interface Speaker {
  readonly mas: string;
  readonly app: string;
}

export interface RuntimeAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks the runtime in the name of an app's enforcement point: GET without a body, else POST of it; rejects while it is away. */
export type RuntimeAccess = (speaker: Speaker, path: string, body?: object) => Promise<RuntimeAnswer>;

export function openRuntimeAccess(config: RuntimeConfig, world: AccessWorld): RuntimeAccess {
  const proof = openProof(config, world);
  return async (speaker, path, body) => {
    const url = readFileSync(config.urlFile, 'utf8').trim();
    const authorization = `Bearer ${(await proof(speaker, url)).trim()}`;
    const response = await world.fetch(`${url}${path}`, {
      ...(body === undefined
        ? { method: 'GET', headers: { authorization } }
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization },
            body: JSON.stringify(body),
          }),
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, text: await response.text() };
  };
}

/** By what the runtime knows who speaks: the agent's pod, the app's enforcement point, or its realm. */
function openProof({ credential, keycloakUrl }: RuntimeConfig, world: AccessWorld) {
  const realmTokens = new Map<string, () => Promise<string>>();
  return ({ mas, app }: Speaker, runtimeUrl: string): Promise<string> => {
    if (credential.kind === 'token') return readFile(credential.file, 'utf8');
    const client = clientId(mas, app);
    if (keycloakUrl === null) return signAssertion(credential.file, client, runtimeUrl, world);
    const realm = realmUrl(keycloakUrl, mas);
    const { fetch, monotonicMs } = world;
    const assertion = () => signAssertion(credential.file, app, realm, world);
    const token = realmTokens.get(client) ?? openRealmToken({ realmUrl: realm, assertion, fetch, monotonicMs });
    realmTokens.set(client, token);
    return token();
  };
}

/** `private_key_jwt` (RFC 7523). */
async function signAssertion(keyFile: string, client: string, audience: string, world: AccessWorld): Promise<string> {
  const { kid, key } = await readKey(keyFile);
  const nowSeconds = Math.floor(world.now() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
    .setIssuer(client)
    .setSubject(client)
    .setAudience(audience)
    .setJti(world.uuid())
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + assertionTtlSeconds)
    .sign(key);
}

async function readKey(path: string): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
  const jwk = JSON.parse(readFileSync(path, 'utf8')) as JWK; // importJWK checks its members
  if (jwk.kty !== 'EC' || !jwk.kid || !jwk.d) {
    throw new CasaError('configuration_invalid', `\`${path}\` is no private EC key with a \`kid\``);
  }
  return { kid: jwk.kid, key: (await importJWK(jwk, 'ES256')) as CryptoKey }; // an EC key is never bytes
}
