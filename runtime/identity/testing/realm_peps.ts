/** For tests: enforcement points as a realm knows them, and what they ask of runtime and Keycloak. */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, SignJWT } from 'jose';
import type { JsonObject } from '../../../policies/contract.ts';
import { clientAssertionType } from '../../../policies/wire.ts';

export interface RealmPep {
  readonly app: string;
  readonly key: CryptoKey;
  readonly realmUrl: string;
}

/** The realm's token for an app's enforcement point, or the error that it answers. */
export async function realmToken({ app, key, realmUrl }: RealmPep): Promise<string> {
  const answer = await askRealm({ app, key, realmUrl }, '/token', { grant_type: 'client_credentials' });
  return typeof answer.access_token === 'string' ? answer.access_token : `refused: ${answer.error}`;
}

/** A form to an endpoint of the realm, authenticated with `private_key_jwt`. */
export async function askRealm(
  { app, key, realmUrl }: RealmPep,
  path: string,
  form: { readonly [name: string]: string },
): Promise<JsonObject> {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: `${app}-1` })
    .setIssuer(app)
    .setSubject(app)
    .setAudience(realmUrl)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('30s')
    .sign(key);
  const body = new URLSearchParams({
    ...form,
    client_assertion_type: clientAssertionType,
    client_assertion: assertion,
  });
  const answer = await fetch(`${realmUrl}/protocol/openid-connect${path}`, { method: 'POST', body });
  const text = await answer.text();
  return text === '' ? {} : (JSON.parse(text) as JsonObject);
}
