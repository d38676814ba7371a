/** Keycloak's admin API, asked as a service account of the master realm. */
import { CasaError } from '../../../policies/errors.ts';

const requestTimeoutMs = 20_000;
/** An admin token is asked for anew this long before it ends. */
const tokenMarginMs = 15_000;

export interface AdminCredentials {
  readonly clientId: string;
  readonly secret: string;
}

export interface AdminApi {
  /** The answer's JSON; null for 404. Throws `identity_unavailable` for anything that is no success. */
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<void>;
  put(path: string, body: object): Promise<void>;
  /** What is not there is deleted already. */
  delete(path: string): Promise<void>;
}

/** Paths are below `/admin/realms`. */
export function openAdminApi(keycloakUrl: string, credentials: AdminCredentials, monotonicMs: () => number): AdminApi {
  let held: { readonly token: string; readonly untilMs: number } | null = null;

  const token = async (): Promise<string> => {
    if (held !== null && held.untilMs > monotonicMs()) return held.token;
    const askedMs = monotonicMs();
    const answer = await request(`${keycloakUrl}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: credentials.clientId,
        client_secret: credentials.secret,
      }),
    });
    if (!answer.ok) throw unavailable(`it refused the admin client: ${answer.status}`);
    const fields = (await answer.json()) as { access_token: string; expires_in: number }; // RFC 6749 section 5.1
    held = { token: fields.access_token, untilMs: askedMs + fields.expires_in * 1000 - tokenMarginMs };
    return held.token;
  };

  const send = async (method: string, path: string, body?: object): Promise<Response> => {
    const answer = await request(`${keycloakUrl}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok || answer.status === 404) return answer;
    // A token of before Keycloak's last start, or of rights that have changed since, is not tried twice.
    held = null;
    throw unavailable(`${method} ${path} was answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  };

  const change = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await send(method, path, body);
    if (!answer.ok) throw unavailable(`${method} ${path} was answered ${answer.status}`);
    // Rights in a realm come to its maker with the next token.
    if (path === '') held = null;
  };

  return {
    async get(path) {
      const answer = await send('GET', path);
      return answer.ok ? answer.json() : null;
    },
    post: (path, body) => change('POST', path, body),
    put: (path, body) => change('PUT', path, body),
    async delete(path) {
      await send('DELETE', path);
    },
  };
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(requestTimeoutMs) });
  } catch (cause) {
    throw new CasaError('identity_unavailable', 'Keycloak does not answer', { cause });
  }
}

function unavailable(message: string): CasaError {
  return new CasaError('identity_unavailable', `Keycloak: ${message}`);
}
