import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DesiredRealm, desiredRealm, downscopePolicy, downscopeProfile, ownerAttribute } from './desired_realm.ts';
import { planRealm } from './plan_realm.ts';
import type { ObservedRealm } from './read_realm.ts';

const jwk = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'k1' };
const desired = desiredRealm({ mas: 'bank.demo', keys: [jwk], apps: [{ name: 'teller', jwks: null }] });

/** A realm as Keycloak shows one that is as it should be. */
function asDesired({ settings, clients }: DesiredRealm): ObservedRealm {
  return {
    enabled: true,
    attributes: { [ownerAttribute]: 'k1', other: 'x' },
    settings: { ...settings, displayName: 'theirs' },
    keys: [
      { kid: 'k1', providerId: 'c1', status: 'PASSIVE' },
      { kid: 'own', providerId: 'c2', status: 'ACTIVE' },
    ],
    components: [
      { id: 'c1', name: 'casa' },
      { id: 'c2', name: 'fallback-ES256' },
    ],
    clients: [
      ...clients.map((client) => ({ ...client, id: 'i1', enabled: true })),
      { id: 'i2', clientId: 'account', enabled: true },
    ],
    profiles: [downscopeProfile],
    policies: [downscopePolicy, { name: 'theirs' }],
  };
}

describe('the plan of a realm', () => {
  const good = asDesired(desired);
  const kinds = (observed: ObservedRealm) => {
    const plan = planRealm(desired, observed);
    return plan.kind === 'actions' ? plan.actions.map(({ kind }) => kind) : plan.why;
  };

  it('is to make one that is not there, and to leave alone one that is as it should be', () => {
    expect(planRealm(desired, null)).toEqual({ kind: 'actions', actions: [{ kind: 'create_realm', desired }] });
    expect(kinds(good)).toEqual([]);
  });

  it('touches nothing of a realm without a key of ours, or of a client that was there before', () => {
    expect(kinds({ ...good, attributes: {} })).toContain('was not made by this runtime');
    const clients = [{ id: 'i9', clientId: 'teller', enabled: true }];
    expect(kinds({ ...good, clients })).toContain('has a client `teller` of its own');
  });

  it('replaces a key of ours that signs, that is switched off, or that is another', () => {
    for (const status of ['ACTIVE', 'DISABLED'] as const) {
      expect(kinds({ ...good, keys: [{ kid: 'k1', providerId: 'c1', status }] })).toEqual(['remove_key', 'add_key']);
    }
    expect(kinds({ ...good, keys: [{ kid: 'k0', providerId: 'c1', status: 'PASSIVE' }] })).toEqual([
      'remove_key',
      'add_key',
    ]);
    expect(kinds({ ...good, keys: [], components: [] })).toEqual(['add_key']);
  });

  it('makes, corrects and removes clients of apps, and keeps one switched off that an operator switched off', () => {
    const [client] = good.clients;
    if (client === undefined) throw new Error('no client');
    expect(kinds({ ...good, clients: [] })).toEqual(['create_client']);
    expect(kinds({ ...good, clients: [{ ...client, fullScopeAllowed: true, enabled: false }] })).toEqual([
      'update_client',
    ]);
    expect(kinds({ ...good, clients: [client, { ...client, id: 'i3', clientId: 'gone' }] })).toEqual(['remove_client']);
    const widened = { ...client, defaultClientScopes: ['roles'], enabled: false };
    expect(planRealm(desired, { ...good, clients: [widened] })).toMatchObject({
      actions: [{ kind: 'remove_client' }, { kind: 'create_client', enabled: false }],
    });
  });

  it('puts the policies against growing scopes back, beside those of the operator', () => {
    expect(planRealm(desired, { ...good, profiles: [], policies: [{ name: 'theirs' }] })).toMatchObject({
      actions: [
        { kind: 'put_profiles', profiles: [downscopeProfile] },
        { kind: 'put_policies', policies: [{ name: 'theirs' }, downscopePolicy] },
      ],
    });
  });
});
