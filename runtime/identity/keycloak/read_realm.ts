/** What a realm is now. */
import type { AdminApi } from './admin_api.ts';
import { keyProviderType } from './desired_realm.ts';

export interface ObservedRealm {
  readonly enabled: boolean;
  readonly attributes: { readonly [name: string]: string };
  readonly settings: { readonly [name: string]: unknown };
  readonly keys: readonly ObservedKey[];
  readonly components: readonly { readonly id: string; readonly name: string }[];
  readonly clients: readonly ObservedClient[];
  readonly profiles: readonly Named[];
  readonly policies: readonly Named[];
}

export interface ObservedKey {
  readonly kid: string;
  readonly providerId: string;
  readonly status: 'ACTIVE' | 'PASSIVE' | 'DISABLED';
}

/** Keycloak's whole representation: a change of it is written back whole. */
export interface ObservedClient {
  readonly id: string;
  readonly clientId: string;
  readonly enabled: boolean;
  readonly attributes?: { readonly [name: string]: string };
  readonly defaultClientScopes?: readonly string[];
  readonly optionalClientScopes?: readonly string[];
  readonly protocolMappers?: readonly {
    readonly name: string;
    readonly protocolMapper: string;
    readonly config: { readonly [name: string]: string };
  }[];
  readonly [name: string]: unknown;
}

interface Named {
  readonly name: string;
  readonly [name: string]: unknown;
}

const clientsMax = 5_000;

/** null: there is no such realm. The shapes are those of Keycloak's admin API. */
export async function readRealm(api: AdminApi, mas: string): Promise<ObservedRealm | null> {
  const at = `/${encodeURIComponent(mas)}`;
  const realm = (await api.get(at)) as {
    enabled: boolean;
    attributes?: ObservedRealm['attributes'];
    [name: string]: unknown;
  } | null;
  if (realm === null) return null;
  const [keys, components, clients, profiles, policies] = (await Promise.all([
    api.get(`${at}/keys`),
    api.get(`${at}/components?type=${keyProviderType}`),
    api.get(`${at}/clients?first=0&max=${clientsMax}`),
    api.get(`${at}/client-policies/profiles`),
    api.get(`${at}/client-policies/policies`),
  ])) as [
    { keys?: ObservedKey[] } | null,
    ObservedRealm['components'] | null,
    ObservedClient[] | null,
    { profiles?: Named[] } | null,
    { policies?: Named[] } | null,
  ];
  return {
    enabled: realm.enabled,
    attributes: realm.attributes ?? {},
    settings: realm,
    keys: keys?.keys ?? [],
    components: components ?? [],
    clients: clients ?? [],
    profiles: profiles?.profiles ?? [],
    policies: policies?.policies ?? [],
  };
}
