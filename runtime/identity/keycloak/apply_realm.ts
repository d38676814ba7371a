/** Does what `planRealm` found, one action after the other. */
import { unreachable } from '../../../policies/errors.ts';
import type { AdminApi } from './admin_api.ts';
import { keyComponent, keyProviderType, realmRepresentation } from './desired_realm.ts';
import type { RealmAction } from './plan_realm.ts';

/** Throws `identity_unavailable`; what was done until then stays, and the next plan goes on from there. */
export async function applyRealm(api: AdminApi, mas: string, actions: readonly RealmAction[]): Promise<void> {
  for (const action of actions) await applyAction(api, `/${encodeURIComponent(mas)}`, action);
}

function applyAction(api: AdminApi, at: string, action: RealmAction): Promise<void> {
  switch (action.kind) {
    case 'create_realm':
      return api.post('', realmRepresentation(action.desired));
    case 'update_realm':
      return api.put(at, action.change);
    case 'add_key':
      return api.post(`${at}/components`, { ...keyComponent(action.spki), providerType: keyProviderType });
    case 'remove_key':
      return api.delete(`${at}/components/${action.id}`);
    case 'create_client':
      return api.post(`${at}/clients`, { ...action.client, enabled: action.enabled });
    case 'update_client':
      return api.put(`${at}/clients/${action.id}`, action.client);
    case 'remove_client':
      return api.delete(`${at}/clients/${action.id}`);
    case 'put_profiles':
      return api.put(`${at}/client-policies/profiles`, { profiles: action.profiles });
    case 'put_policies':
      return api.put(`${at}/client-policies/policies`, { policies: action.policies });
    default:
      return unreachable(action);
  }
}
