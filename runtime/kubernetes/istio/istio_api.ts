/** Our Istio objects at the API server. */
import { CustomObjectsApi, type KubeConfig, setHeaderOptions } from '@kubernetes/client-node';
import { ownerSelector } from '../../../compiler/istio/object_name.ts';
import type { IstioObject } from '../../../compiler/istio/objects.ts';
import { statusCode } from '../status_code.ts';
import type { IstioAction, StoredObject } from './plan_istio.ts';

const fieldManager = 'casa-runtime';

/** Where each kind is. */
const places: { readonly [kind in IstioObject['kind']]: { group: string; version: string; plural: string } } = {
  EnvoyFilter: { group: 'networking.istio.io', version: 'v1alpha3', plural: 'envoyfilters' },
  Sidecar: { group: 'networking.istio.io', version: 'v1', plural: 'sidecars' },
  ServiceEntry: { group: 'networking.istio.io', version: 'v1', plural: 'serviceentries' },
  DestinationRule: { group: 'networking.istio.io', version: 'v1', plural: 'destinationrules' },
  PeerAuthentication: { group: 'security.istio.io', version: 'v1', plural: 'peerauthentications' },
  AuthorizationPolicy: { group: 'security.istio.io', version: 'v1', plural: 'authorizationpolicies' },
};
// The keys of an object of ours are what they are.
const kinds = Object.keys(places) as IstioObject['kind'][];

export interface IstioApi {
  /** null: the cluster has no Istio. */
  list(): Promise<readonly StoredObject[] | null>;
  apply(action: IstioAction): Promise<void>;
}

export function openIstioApi(config: KubeConfig): IstioApi {
  const api = config.makeApiClient(CustomObjectsApi);
  return {
    async list() {
      const found: StoredObject[] = [];
      for (const kind of kinds) {
        const items = await listOf(api, kind);
        if (items === null) return null;
        found.push(...items);
      }
      return found;
    },
    async apply(action) {
      if (action.kind === 'delete') {
        const { kind, namespace, name } = action.object;
        await api.deleteNamespacedCustomObject({ ...places[kind], namespace, name }).catch((error: unknown) => {
          if (statusCode(error) !== 404) throw error;
        });
        return;
      }
      const { kind, metadata } = action.object;
      const { namespace, name } = metadata;
      // A field that this Istio does not know would be dropped without a word, and with it what it guards.
      const how = { fieldManager, force: true, fieldValidation: 'Strict' };
      await api.patchNamespacedCustomObject(
        { ...places[kind], namespace, name, body: action.object, ...how },
        setHeaderOptions('Content-Type', 'application/apply-patch+yaml'),
      );
    },
  };
}

async function listOf(api: CustomObjectsApi, kind: IstioObject['kind']): Promise<readonly StoredObject[] | null> {
  try {
    const list: unknown = await api.listCustomObjectForAllNamespaces({
      group: places[kind].group,
      version: places[kind].version,
      plural: places[kind].plural,
      labelSelector: ownerSelector,
    });
    const items: unknown = Reflect.get(Object(list), 'items');
    return Array.isArray(items) ? items.map((item) => storedObject(kind, item)) : [];
  } catch (error) {
    if (statusCode(error) === 404) return null;
    throw error;
  }
}

function storedObject(kind: IstioObject['kind'], item: unknown): StoredObject {
  const { metadata, spec } = Object(item);
  return { kind, namespace: String(metadata?.namespace), name: String(metadata?.name), spec };
}
