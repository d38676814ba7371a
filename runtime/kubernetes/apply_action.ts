/** Does one planned action: at the API server, or in the runtime by the same code as its management API. */
import { CustomObjectsApi, type KubeConfig, setHeaderOptions } from '@kubernetes/client-node';
import { unreachable } from '../../policies/errors.ts';
import type { Parts } from '../parts.ts';
import { applyMas, deleteMas } from '../policy/stored_mas.ts';
import { type CustomResource, finalizer, masName, plurals } from './reconcile/custom_resource.ts';
import type { Action } from './reconcile/plan_reconcile.ts';
import { statusCode } from './status_code.ts';

const fieldManager = 'casa-runtime';
const [group, version] = ['casa.io', 'v1alpha1'];

export type ApplyAction = (action: Action) => Promise<void>;

export function openApplyAction(config: KubeConfig, parts: Parts): ApplyAction {
  const api = config.makeApiClient(CustomObjectsApi);
  return async (action) => {
    switch (action.kind) {
      case 'publish':
        return applyMas(parts, action.registration, action.served);
      case 'withdraw':
        await deleteMas(parts, action.mas);
        return;
      case 'add_finalizer':
        return patchFinalizers(api, action.resource, [...action.resource.metadata.finalizers, finalizer]);
      case 'remove_finalizer':
        return patchFinalizers(
          api,
          action.resource,
          action.resource.metadata.finalizers.filter((entry) => entry !== finalizer),
        );
      case 'write_status': {
        const { apiVersion, kind, metadata } = action.resource;
        const body = {
          apiVersion,
          kind,
          metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
          status: action.status,
        };
        await gone(
          api.patchNamespacedCustomObjectStatus(
            { ...place(action.resource), body, fieldManager, force: true },
            setHeaderOptions('Content-Type', 'application/apply-patch+yaml'),
          ),
        );
        return;
      }
      default:
        return unreachable(action);
    }
  };
}

/** The MAS whose later actions must not be done when this one failed. */
export function masOfAction(action: Action): string {
  return action.kind === 'publish' || action.kind === 'withdraw' ? action.mas : masName(action.resource);
}

async function patchFinalizers(api: CustomObjectsApi, resource: CustomResource, finalizers: readonly string[]) {
  // With `uid` and the list as it was seen: a newer object of the same name, or a list that changed since, is refused.
  const before = resource.metadata.finalizers;
  const body = [
    { op: 'test', path: '/metadata/uid', value: resource.metadata.uid },
    ...(before.length === 0 ? [] : [{ op: 'test', path: '/metadata/finalizers', value: before }]),
    { op: 'add', path: '/metadata/finalizers', value: finalizers },
  ];
  await gone(
    api.patchNamespacedCustomObject(
      { ...place(resource), body },
      setHeaderOptions('Content-Type', 'application/json-patch+json'),
    ),
  );
}

/** What is gone needs nothing more. */
async function gone(request: Promise<unknown>): Promise<void> {
  await request.catch((error: unknown) => {
    if (statusCode(error) !== 404) throw error;
  });
}

function place({ kind, metadata }: CustomResource) {
  return { group, version, plural: plurals[kind], namespace: metadata.namespace, name: metadata.name };
}
