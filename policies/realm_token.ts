/** A token that a Keycloak realm gives one of its clients: asked for with `private_key_jwt`, kept until shortly before its end. */
import { CasaError } from './errors.ts';
import { clientAssertionType, grantTypes } from './wire.ts';

/** Asked for anew this long before it ends. */
export const realmTokenMarginSeconds = 30;
/** What asking may take. */
export const realmTokenDeadlineMs = 2_000;

export interface RealmClient {
  /** The realm of the MAS: the issuer of its tokens, and the `aud` of the assertion. */
  readonly realmUrl: string;
  /** A fresh assertion (RFC 7523) of the client, by its name in the realm. */
  readonly assertion: () => Promise<string>;
  readonly fetch: typeof fetch;
  readonly monotonicMs: () => number;
}

/** The realm of a MAS. */
export function realmUrl(keycloakUrl: string, mas: string): string {
  return `${keycloakUrl}/realms/${mas}`;
}

/** Gives the token; throws CasaError('runtime_unavailable') when the realm gives none: without it the runtime takes no request. */
export function openRealmToken(client: RealmClient): () => Promise<string> {
  let held: { readonly token: string; readonly untilMs: number } | null = null;
  let asking: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const askedMs = client.monotonicMs();
    const { token, seconds } = await askRealm(client);
    held = { token, untilMs: askedMs + (seconds - realmTokenMarginSeconds) * 1000 };
    return token;
  };

  return () => {
    if (held !== null && held.untilMs > client.monotonicMs()) return Promise.resolve(held.token);
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

async function askRealm(client: RealmClient): Promise<{ readonly token: string; readonly seconds: number }> {
  const form = {
    grant_type: grantTypes.clientCredentials,
    client_assertion_type: clientAssertionType,
    client_assertion: await client.assertion(),
  };
  try {
    const answer = await client.fetch(`${client.realmUrl}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(realmTokenDeadlineMs),
    });
    const fields = (await answer.json()) as { access_token?: unknown; expires_in?: unknown; error?: unknown };
    const { access_token: token, expires_in: seconds, error } = fields;
    if (answer.ok && typeof token === 'string' && typeof seconds === 'number') return { token, seconds };
    throw new Error(`it answered ${answer.status} ${typeof error === 'string' ? error : ''}`);
  } catch (cause) {
    throw new CasaError('runtime_unavailable', 'the realm gave the enforcement point no token', { cause });
  }
}
