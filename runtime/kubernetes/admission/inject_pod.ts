/** Puts an enforcement point into a pod, or says why the pod cannot have one. Pure: a JSON patch (RFC 6902) comes out. */
import type { V1Container, V1Pod, V1Volume } from '@kubernetes/client-node';
import { inboundPort, outboundPort, proxyUid } from '../../../compiler/envoy/options.ts';
import { appLabel, masLabel } from '../../../policies/pod_labels.ts';
import { type CustomResource, identify } from '../reconcile/custom_resource.ts';
import { tokenAudience } from '../token_reviewer.ts';
import { workloadOfPod } from '../workload_of_pod.ts';
import { findBypass } from './find_bypass.ts';

const sidecarName = 'casa-sidecar';
const initName = 'casa-redirect';
const tokenVolume = 'casa-token';
export const runVolume = 'casa-run';
export const runFolder = '/run/casa';
export const reserved = [sidecarName, initName, tokenVolume, runVolume];
const tokenTtlSeconds = 3600;
const probeTimeoutSeconds = 5;
const apiTokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InjectionFacts {
  readonly sidecarImage: string;
  /** Where sidecars reach the runtime. */
  readonly runtimeUrl: string;
  /** Whose realms are the issuers of tokens; null: the runtime is. */
  readonly keycloakUrl: string | null;
}

export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

export type Injection =
  | { readonly kind: 'patched'; readonly patch: readonly PatchOperation[] }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * INVARIANT (deny by default): in a namespace under injection a pod either has its enforcement point or is not made; one
 * that is no app of a MAS is refused too, for nothing would stand before it. App containers are never changed.
 */
export function injectPod(
  pod: V1Pod,
  namespace: string,
  known: readonly CustomResource[],
  facts: InjectionFacts,
): Injection {
  const bypass = findBypass(pod);
  if (bypass !== null) return { kind: 'refused', message: bypass };
  const owner = findApp(pod, namespace, known);
  if (typeof owner === 'string') return { kind: 'refused', message: owner };
  if (isInjected(pod, owner, facts)) return { kind: 'unchanged' };
  const { containers = [], initContainers = [], volumes: own = [] } = pod.spec ?? {};
  const taken = [...containers, ...initContainers, ...own].find(({ name }) => reserved.includes(name));
  if (taken !== undefined) {
    return { kind: 'refused', message: `\`${taken.name}\` is a name of the enforcement point, and this is not it` };
  }
  return { kind: 'patched', patch: patchOf(pod, owner, facts) };
}

/** Whose pod it is. */
export interface Owner {
  readonly mas: string;
  readonly app: string;
  readonly namespace: string;
}

/** The app of a pod, by its workload. */
export function findApp(pod: V1Pod, namespace: string, known: readonly CustomResource[]): Owner | string {
  const workload = workloadOfPod(pod);
  const owners = known
    .filter(({ kind, metadata }) => kind === 'MultiAgentSystem' && metadata.namespace === namespace)
    .flatMap((system) => {
      const { workloads, apps } = identify(system);
      return workloads.flatMap((name, index) => {
        const app = apps[index];
        return name === workload && app !== undefined ? [{ mas: system.metadata.name, app, namespace }] : [];
      });
    });
  const [owner] = owners;
  if (owner === undefined)
    return `workload \`${workload}\` is no app of a MultiAgentSystem in namespace \`${namespace}\``;
  return owners.length === 1 ? owner : `workload \`${workload}\` is more than one app`;
}

/** Only our very own containers count: a pod that merely says it has them is none of ours. */
function isInjected(pod: V1Pod, owner: Owner, facts: InjectionFacts): boolean {
  const init = pod.spec?.initContainers ?? [];
  const labels = pod.metadata?.labels ?? {};
  return (
    labels[masLabel] === owner.mas &&
    labels[appLabel] === owner.app &&
    [redirectContainer(facts), sidecarContainer(pod, owner, facts)].every((wanted, index) =>
      holds(init[index], wanted),
    ) &&
    volumes().every((wanted) => pod.spec?.volumes?.some((volume) => holds(volume, wanted)))
  );
}

/** What the API server fills in may be there too; a list must be the very same, the mount of its own token aside. */
export function holds(there: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(there)) return false;
    const own = there.filter((entry) => entry?.mountPath !== apiTokenPath);
    return own.length === wanted.length && wanted.every((entry, index) => holds(own[index], entry));
  }
  if (typeof wanted !== 'object' || wanted === null) return there === wanted;
  if (typeof there !== 'object' || there === null) return false;
  return Object.entries(wanted).every(([name, member]) => holds(Reflect.get(there, name), member));
}

function patchOf(pod: V1Pod, owner: Owner, facts: InjectionFacts): readonly PatchOperation[] {
  const containers = [redirectContainer(facts), sidecarContainer(pod, owner, facts)];
  const before = pod.spec?.initContainers ?? [];
  const labels = { ...pod.metadata?.labels, [masLabel]: owner.mas, [appLabel]: owner.app };
  return [
    { op: 'add', path: '/metadata/labels', value: labels },
    // First: nothing of the app, its init containers included, runs before its traffic is redirected.
    { op: 'add', path: '/spec/initContainers', value: [...containers, ...before] },
    { op: 'add', path: '/spec/volumes', value: [...(pod.spec?.volumes ?? []), ...volumes()] },
  ];
}

function redirectContainer({ sidecarImage }: InjectionFacts): V1Container {
  return {
    name: initName,
    image: sidecarImage,
    command: ['/usr/local/bin/casa-redirect', String(inboundPort), String(outboundPort), String(proxyUid)],
    securityContext: {
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    },
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
  };
}

/** A native sidecar (restartPolicy Always): ready before the app starts, and ended after it. */
export function sidecarContainer(
  pod: V1Pod,
  { mas, app, namespace }: Owner,
  facts: InjectionFacts,
  more: { readonly [name: string]: string } = {},
): V1Container {
  const ports = appPorts(pod);
  const env = {
    CASA_MAS: `${namespace}.${mas}`,
    CASA_APP: app,
    CASA_NAMESPACE: namespace,
    CASA_RUNTIME_URL: facts.runtimeUrl,
    ...(facts.keycloakUrl === null ? {} : { CASA_KEYCLOAK_URL: facts.keycloakUrl }),
    CASA_TOKEN_FILE: '/var/run/casa-token/token',
    ...(ports.length === 0 ? {} : { CASA_APP_PORTS: ports.join(',') }),
    ...more,
  };
  return {
    name: sidecarName,
    image: facts.sidecarImage,
    command: ['/usr/local/bin/casa-sidecar'],
    restartPolicy: 'Always',
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    startupProbe: {
      exec: { command: ['/usr/local/bin/casa-sidecar', '--ready'] },
      periodSeconds: 1,
      // It starts a program: on a busy node that alone takes more than the usual second.
      timeoutSeconds: probeTimeoutSeconds,
      failureThreshold: 60,
    },
    readinessProbe: {
      exec: { command: ['/usr/local/bin/casa-sidecar', '--ready'] },
      periodSeconds: 5,
      timeoutSeconds: probeTimeoutSeconds,
    },
    securityContext: {
      runAsUser: proxyUid,
      runAsGroup: proxyUid,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    volumeMounts: [
      { name: tokenVolume, mountPath: '/var/run/casa-token', readOnly: true },
      { name: runVolume, mountPath: runFolder },
    ],
  };
}

/** Where the app's containers say that they listen: a Service may lead to another port than its own. */
function appPorts({ spec }: V1Pod): readonly number[] {
  const declared = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  const tcp = declared.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ containerPort }) => containerPort);
  return [...new Set(tcp)].sort((a, b) => a - b);
}

/** Mounted into the sidecar alone: the app cannot read the credential of its enforcement point. */
export function volumes(): readonly V1Volume[] {
  return [
    {
      name: tokenVolume,
      projected: {
        defaultMode: 0o444,
        sources: [
          { serviceAccountToken: { audience: tokenAudience, expirationSeconds: tokenTtlSeconds, path: 'token' } },
        ],
      },
    },
    { name: runVolume, emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
  ];
}
