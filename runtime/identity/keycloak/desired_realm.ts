/** What the realm of one MAS is to be, in Keycloak's own words. Pure. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';

/** `aud` of the tokens by which enforcement points prove who they are; no app can have this name. */
export const runtimeAudience = 'urn:casa:runtime';
/** The realm's attribute that holds the `kid` of one of our keys: what makes it ours. */
export const ownerAttribute = 'casa.kid';
/** The attribute of the clients that are made for apps. */
export const appAttribute = 'casa.app';
export const keyName = 'casa';
export const policyName = 'casa-downscope';
export const keyProviderType = 'org.keycloak.keys.KeyProvider';
/** Of the realm's tokens for enforcement points. */
export const pepTokenTtlSeconds = 300;

export interface RealmFacts {
  readonly mas: string;
  /** Public keys that our tokens are verified with, the signing one first. */
  readonly keys: readonly JWK[];
  /** null: no enforcement point is registered. */
  readonly apps: readonly { readonly name: string; readonly jwks: JSONWebKeySet | null }[];
}

export interface DesiredRealm {
  readonly mas: string;
  readonly settings: RealmSettings;
  readonly keys: readonly { readonly kid: string; readonly spki: string }[];
  readonly clients: readonly DesiredClient[];
}

export interface RealmSettings {
  readonly accessTokenLifespan: number;
  readonly registrationAllowed: false;
  readonly sslRequired: 'external';
}

/** What of a client is ours to say; `enabled` is the operator's. */
export interface DesiredClient {
  readonly clientId: string;
  readonly publicClient: false;
  readonly serviceAccountsEnabled: true;
  readonly standardFlowEnabled: false;
  readonly implicitFlowEnabled: false;
  readonly directAccessGrantsEnabled: false;
  readonly fullScopeAllowed: false;
  readonly clientAuthenticatorType: 'client-jwt';
  readonly defaultClientScopes: readonly string[];
  readonly optionalClientScopes: readonly string[];
  readonly attributes: { readonly [name: string]: string };
  readonly protocolMappers: readonly ProtocolMapper[];
}

export interface ProtocolMapper {
  readonly name: string;
  readonly protocol: 'openid-connect';
  readonly protocolMapper: string;
  readonly config: { readonly [name: string]: string };
}

export function desiredRealm({ mas, keys, apps }: RealmFacts): DesiredRealm {
  return {
    mas,
    settings: { accessTokenLifespan: pepTokenTtlSeconds, registrationAllowed: false, sslRequired: 'external' },
    keys: keys.map((jwk) => ({ kid: jwk.kid ?? '', spki: spkiOf(jwk) })),
    clients: apps.map(({ name, jwks }) => clientOfApp(name, jwks)),
  };
}

/** A lean client: it gets no role and no scope, and so introspection adds none. */
function clientOfApp(app: string, jwks: JSONWebKeySet | null): DesiredClient {
  return {
    clientId: app,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
    clientAuthenticatorType: 'client-jwt',
    defaultClientScopes: ['basic', 'service_account'],
    optionalClientScopes: [],
    attributes: {
      [appAttribute]: 'true',
      'use.jwks.string': 'true',
      // Without a registered key nobody can authenticate as this client.
      'jwks.string': JSON.stringify({ keys: jwks?.keys ?? [] }),
      'token.endpoint.auth.signing.alg': 'ES256',
      'access.token.header.type.rfc9068': 'true',
      'access.token.signed.response.alg': 'ES256',
    },
    protocolMappers: [
      {
        name: 'casa-audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: {
          'included.custom.audience': runtimeAudience,
          'access.token.claim': 'true',
          'id.token.claim': 'false',
          'introspection.token.claim': 'false',
        },
      },
    ],
  };
}

/**
 * A key that verifies and never signs. INVARIANT: never `active`. The private half is a stranger's, made here and forgotten: Keycloak
 * keeps a pair without comparing its halves, and ours stays in the runtime.
 */
export function keyComponent(spki: string) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    name: keyName,
    providerId: 'ecdsa-generated',
    config: {
      ecdsaEllipticCurveKey: ['P-256'],
      ecdsaPublicKey: [spki],
      ecdsaPrivateKey: [privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')],
      priority: ['-100'],
      enabled: ['true'],
      active: ['false'],
    },
  };
}

/** Keycloak's own token exchange lets scopes grow unless this is installed. */
export const downscopeProfile = {
  name: policyName,
  executors: [{ executor: 'downscope-assertion-grant-enforcer', configuration: {} }],
};
export const downscopePolicy = {
  name: policyName,
  enabled: true,
  conditions: [{ condition: 'any-client', configuration: {} }],
  profiles: [policyName],
};

/** The whole realm in one request: it is there with everything, or not at all. */
export function realmRepresentation({ mas, settings, keys, clients }: DesiredRealm): object {
  return {
    realm: mas,
    enabled: true,
    ...settings,
    attributes: { [ownerAttribute]: keys[0]?.kid ?? '' },
    components: { [keyProviderType]: keys.map(({ spki }) => keyComponent(spki)) },
    clientProfiles: { profiles: [downscopeProfile] },
    clientPolicies: { policies: [downscopePolicy] },
    clients: clients.map((client) => ({ ...client, enabled: true })),
  };
}

function spkiOf(jwk: JWK): string {
  // A JWK is a JSON object; Node's type of one differs in name only.
  const key = createPublicKey({ key: jwk as { [name: string]: unknown }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}
