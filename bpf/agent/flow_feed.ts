import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import { CasaError } from '../../policies/errors.ts';
import { openRealmToken, realmUrl } from '../../policies/realm_token.ts';
import type { Flow } from '../../policies/trace.ts';
import { clientId, type EventsRequest, eventsPerRequestMax, paths } from '../../policies/wire.ts';
import type { RuntimeConfig } from './config.ts';

/** Flows that wait for the runtime at most; what comes beyond is counted. */
export const flowsWaitingMax = 5_000;
const assertionTtlSeconds = 60;
const requestTimeoutMs = 5_000;

export interface FeedWorld {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly uuid: () => string;
  readonly fetch: typeof fetch;
}

/** Flows on their way to the runtime, told in the name of each app's enforcement point. A flow stored twice is stored once. */
export class FlowFeed {
  readonly #config: RuntimeConfig;
  readonly #world: FeedWorld;
  readonly #realmTokens = new Map<string, () => Promise<string>>();
  #waiting: Flow[] = [];
  #dropped = 0;
  #sending: Promise<void> | null = null;

  constructor(config: RuntimeConfig, world: FeedWorld) {
    this.#config = config;
    this.#world = world;
  }

  /** Flows that will not be stored: too many waited, or the runtime does not want them. */
  get dropped(): number {
    return this.#dropped;
  }

  push(flow: Flow): void {
    if (flow.app === null || this.#waiting.length >= flowsWaitingMax) this.#dropped += 1;
    else this.#waiting.push(flow);
  }

  /** Sends what waits; never rejects: what the runtime cannot take now goes on waiting. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        const { mas, app } = first;
        const batch = this.#waiting
          .filter((flow) => flow.mas === mas && flow.app === app)
          .slice(0, eventsPerRequestMax);
        const status = await this.#post(mas, app ?? '', batch);
        // Not there yet, not registered yet, or too busy: later.
        if (status === 401 || status === 429 || status >= 500) return;
        if (status !== 200) this.#dropped += batch.length;
        const sent = new Set(batch);
        this.#waiting = this.#waiting.filter((flow) => !sent.has(flow));
      }
    } catch {
      // The runtime is away: the flows go on waiting.
    }
  }

  async #post(mas: string, app: string, events: readonly Flow[]): Promise<number> {
    const url = readFileSync(this.#config.urlFile, 'utf8').trim();
    const body: EventsRequest = { events };
    const response = await this.#world.fetch(`${url}${paths.events}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${(await this.#proof(mas, app, url)).trim()}`,
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** By what the runtime knows who speaks: the agent's pod, the app's enforcement point, or its realm. */
  #proof(mas: string, app: string, runtimeUrl: string): Promise<string> {
    const { keycloakUrl } = this.#config;
    const client = clientId(mas, app);
    if (this.#config.credential.kind === 'token') return readFile(this.#config.credential.file, 'utf8');
    if (keycloakUrl === null) return this.#assertion(client, runtimeUrl);
    const realm = realmUrl(keycloakUrl, mas);
    const { fetch, monotonicMs } = this.#world;
    const assertion = () => this.#assertion(app, realm);
    const token = this.#realmTokens.get(client) ?? openRealmToken({ realmUrl: realm, assertion, fetch, monotonicMs });
    this.#realmTokens.set(client, token);
    return token();
  }

  /** `private_key_jwt` (RFC 7523). */
  async #assertion(client: string, audience: string): Promise<string> {
    const { kid, key } = await readKey(this.#config.credential.file);
    const nowSeconds = Math.floor(this.#world.now() / 1000);
    return new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
      .setIssuer(client)
      .setSubject(client)
      .setAudience(audience)
      .setJti(this.#world.uuid())
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + assertionTtlSeconds)
      .sign(key);
  }
}

async function readKey(path: string): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
  const jwk = JSON.parse(readFileSync(path, 'utf8')) as JWK; // importJWK checks its members
  if (jwk.kty !== 'EC' || !jwk.kid || !jwk.d) {
    throw new CasaError('configuration_invalid', `\`${path}\` is no private EC key with a \`kid\``);
  }
  return { kid: jwk.kid, key: (await importJWK(jwk, 'ES256')) as CryptoKey }; // an EC key is never bytes
}
