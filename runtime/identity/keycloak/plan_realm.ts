/** From what a realm is to what it should be: the difference as actions. Pure; nothing differs, nothing is done. */
import {
  appAttribute,
  type DesiredClient,
  type DesiredRealm,
  downscopePolicy,
  downscopeProfile,
  keyName,
  ownerAttribute,
  policyName,
} from './desired_realm.ts';
import type { ObservedClient, ObservedRealm } from './read_realm.ts';

export type RealmAction =
  | { readonly kind: 'create_realm'; readonly desired: DesiredRealm }
  | { readonly kind: 'update_realm'; readonly change: object }
  | { readonly kind: 'add_key'; readonly spki: string }
  | { readonly kind: 'remove_key'; readonly id: string }
  | { readonly kind: 'create_client'; readonly client: DesiredClient; readonly enabled: boolean }
  | { readonly kind: 'update_client'; readonly id: string; readonly client: object }
  | { readonly kind: 'remove_client'; readonly id: string }
  | { readonly kind: 'put_profiles'; readonly profiles: readonly object[] }
  | { readonly kind: 'put_policies'; readonly policies: readonly object[] };

export type RealmPlan =
  | { readonly kind: 'actions'; readonly actions: readonly RealmAction[] }
  /** The realm, or a client in it, is not ours to change. */
  | { readonly kind: 'conflict'; readonly why: string };

export function planRealm(desired: DesiredRealm, observed: ObservedRealm | null): RealmPlan {
  if (observed === null) return actions([{ kind: 'create_realm', desired }]);
  // INVARIANT: a realm that holds none of our keys' names is somebody else's, and is never touched.
  if (!isOurs(desired, observed)) {
    return { kind: 'conflict', why: `the realm \`${desired.mas}\` is there and was not made by this runtime` };
  }
  const foreign = desired.clients.find(({ clientId }) => {
    const client = observed.clients.find((known) => known.clientId === clientId);
    return client !== undefined && !isAppClient(client);
  });
  if (foreign !== undefined) {
    return { kind: 'conflict', why: `the realm \`${desired.mas}\` has a client \`${foreign.clientId}\` of its own` };
  }
  return actions([
    ...planSettings(desired, observed),
    ...planKeys(desired, observed),
    ...planClients(desired, observed),
    ...planPolicies(observed),
  ]);
}

/** Whether one of our keys' names is written on the realm. */
export function isOurs(desired: DesiredRealm, observed: ObservedRealm): boolean {
  return desired.keys.some(({ kid }) => kid === observed.attributes[ownerAttribute]);
}

function actions(list: readonly RealmAction[]): RealmPlan {
  return { kind: 'actions', actions: list };
}

function planSettings({ settings, keys }: DesiredRealm, { settings: now, attributes }: ObservedRealm): RealmAction[] {
  const kid = keys[0]?.kid ?? '';
  const same = isPart(settings, now) && attributes[ownerAttribute] === kid;
  const change = { ...settings, attributes: { ...attributes, [ownerAttribute]: kid } };
  return same ? [] : [{ kind: 'update_realm', change }];
}

/** A key of ours must verify and must not sign; whatever else has its name goes. */
function planKeys(desired: DesiredRealm, observed: ObservedRealm): RealmAction[] {
  const named = new Set(observed.components.filter(({ name }) => name === keyName).map(({ id }) => id));
  const good = observed.keys.filter(
    ({ kid, providerId, status }) =>
      named.has(providerId) && status === 'PASSIVE' && desired.keys.some((key) => key.kid === kid),
  );
  const kept = new Set(desired.keys.map(({ kid }) => good.find((key) => key.kid === kid)?.providerId));
  const wrong = [...named].filter((id) => !kept.has(id));
  const missing = desired.keys.filter(({ kid }) => !good.some((key) => key.kid === kid));
  return [
    ...wrong.map((id): RealmAction => ({ kind: 'remove_key', id })),
    ...missing.map(({ spki }): RealmAction => ({ kind: 'add_key', spki })),
  ];
}

function planClients(desired: DesiredRealm, observed: ObservedRealm): RealmAction[] {
  const wanted = new Set(desired.clients.map(({ clientId }) => clientId));
  const gone = observed.clients.filter((client) => isAppClient(client) && !wanted.has(client.clientId));
  return [
    ...gone.map(({ id }): RealmAction => ({ kind: 'remove_client', id })),
    ...desired.clients.flatMap((client) => {
      return planClient(
        client,
        observed.clients.find(({ clientId }) => clientId === client.clientId),
      );
    }),
  ];
}

function planClient(desired: DesiredClient, observed: ObservedClient | undefined): RealmAction[] {
  if (observed === undefined) return [{ kind: 'create_client', client: desired, enabled: true }];
  const { attributes, protocolMappers, defaultClientScopes, optionalClientScopes, ...flags } = desired;
  const sameScopes =
    sameNames(defaultClientScopes, observed.defaultClientScopes) &&
    sameNames(optionalClientScopes, observed.optionalClientScopes);
  if (!sameScopes) {
    // Keycloak leaves the scopes of a client that is written back as they were.
    const { enabled } = observed;
    return [
      { kind: 'remove_client', id: observed.id },
      { kind: 'create_client', client: desired, enabled },
    ];
  }
  const mappers = observed.protocolMappers ?? [];
  const same =
    isPart(flags, observed) &&
    isPart(attributes, observed.attributes ?? {}) &&
    mappers.length === protocolMappers.length &&
    protocolMappers.every((mapper) =>
      mappers.some(
        ({ name, protocolMapper, config }) =>
          name === mapper.name && protocolMapper === mapper.protocolMapper && isPart(mapper.config, config),
      ),
    );
  if (same) return [];
  const merged = { ...observed, ...flags, protocolMappers, attributes: { ...observed.attributes, ...attributes } };
  return [{ kind: 'update_client', id: observed.id, client: merged }];
}

/** Ours as they must be, and beside them whatever the operator added. */
function planPolicies({ profiles, policies }: ObservedRealm): RealmAction[] {
  const others = <Item extends { readonly name: string }>(list: readonly Item[]) =>
    list.filter(({ name }) => name !== policyName);
  const list: RealmAction[] = [];
  if (!profiles.some((profile) => isPart(downscopeProfile, profile))) {
    list.push({ kind: 'put_profiles', profiles: [...others(profiles), downscopeProfile] });
  }
  if (!policies.some((policy) => isPart(downscopePolicy, policy))) {
    list.push({ kind: 'put_policies', policies: [...others(policies), downscopePolicy] });
  }
  return list;
}

function isAppClient({ attributes }: ObservedClient): boolean {
  return attributes?.[appAttribute] === 'true';
}

function isPart(wanted: object, given: object): boolean {
  const now = new Map<string, unknown>(Object.entries(given));
  return Object.entries(wanted).every(([name, value]) => JSON.stringify(now.get(name)) === JSON.stringify(value));
}

function sameNames(wanted: readonly string[], given: readonly string[] = []): boolean {
  return JSON.stringify([...wanted].sort()) === JSON.stringify([...given].sort());
}
