/** Puts ext-authz beside a pod's istio-proxy, or says why the pod cannot have it. Pure: a JSON patch comes out. */
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { appLabel, masLabel } from '../../../policies/pod_labels.ts';
import type { CustomResource } from '../reconcile/custom_resource.ts';
import { findBypass } from './find_bypass.ts';
import { findMeshBypass } from './find_mesh_bypass.ts';
import * as own from './inject_pod.ts';

/** Istio's containers: it puts them into the pod after us. */
const proxyName = 'istio-proxy';
const istioNames = [proxyName, 'istio-init', 'istio-validation'];
const mount = { name: own.runVolume, mountPath: own.runFolder };

/**
 * INVARIANT (deny by default): as `injectPod`, in a namespace of the mesh. CASA brings no Envoy and no redirection: those are
 * Istio's. We are asked before Istio, and again after it has changed the pod.
 */
export function injectMeshPod(
  pod: V1Pod,
  namespace: string,
  known: readonly CustomResource[],
  facts: own.InjectionFacts,
): own.Injection {
  const bypass = findBypass(withoutIstio(pod)) ?? findMeshBypass(pod);
  if (bypass !== null) return { kind: 'refused', message: bypass };
  const owner = own.findApp(pod, namespace, known);
  if (typeof owner === 'string') return { kind: 'refused', message: owner };
  if (isInjected(pod, owner, facts)) return mountOnProxy(pod);
  const { containers = [], initContainers = [], volumes = [] } = pod.spec ?? {};
  const taken = [...containers, ...initContainers, ...volumes].find(({ name }) =>
    [...own.reserved, ...istioNames].includes(name),
  );
  if (taken !== undefined) {
    return { kind: 'refused', message: `\`${taken.name}\` is a name of CASA's or Istio's, and this is not it` };
  }
  const labels = { ...pod.metadata?.labels, [masLabel]: owner.mas, [appLabel]: owner.app };
  const patch = [
    { op: 'add', path: '/metadata/labels', value: labels },
    { op: 'add', path: '/spec/initContainers', value: [extAuthz(pod, owner, facts), ...initContainers] },
    { op: 'add', path: '/spec/volumes', value: [...volumes, ...own.volumes()] },
  ] as const;
  return { kind: 'patched', patch };
}

/** The sidecar without its Envoy. */
function extAuthz(pod: V1Pod, owner: own.Owner, facts: own.InjectionFacts): V1Container {
  return own.sidecarContainer(withoutIstio(pod), owner, facts, { CASA_ENVOY: 'none' });
}

function isInjected(pod: V1Pod, owner: own.Owner, facts: own.InjectionFacts): boolean {
  const { labels = {} } = pod.metadata ?? {};
  const wanted = extAuthz(pod, owner, facts);
  return (
    labels[masLabel] === owner.mas &&
    labels[appLabel] === owner.app &&
    (pod.spec?.initContainers ?? []).some((container) => own.holds(container, wanted)) &&
    own.volumes().every((volume) => pod.spec?.volumes?.some((there) => own.holds(there, volume)))
  );
}

/** The folder with the socket of ext-authz, once there is an istio-proxy: without it every request is refused. */
function mountOnProxy({ spec }: V1Pod): own.Injection {
  const lists = { containers: spec?.containers ?? [], initContainers: spec?.initContainers ?? [] };
  const patch = Object.entries(lists).flatMap(([list, containers]) =>
    containers.flatMap(({ name, volumeMounts = [] }, index) => {
      if (name !== proxyName || volumeMounts.some((entry) => own.holds(entry, mount))) return [];
      return [{ op: 'add', path: `/spec/${list}/${index}/volumeMounts`, value: [...volumeMounts, mount] } as const];
    }),
  );
  return patch.length === 0 ? { kind: 'unchanged' } : { kind: 'patched', patch };
}

function withoutIstio(pod: V1Pod): V1Pod {
  if (pod.spec === undefined) return pod;
  const others = (containers: readonly V1Container[] = []) =>
    containers.filter(({ name }) => !istioNames.includes(name));
  const { containers, initContainers } = pod.spec;
  return { ...pod, spec: { ...pod.spec, containers: others(containers), initContainers: others(initContainers) } };
}
