import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { bank } from '../../http/testing/bank.ts';
import { parseCustomResource } from '../reconcile/custom_resource.ts';
import { injectPod, type PatchOperation } from './inject_pod.ts';

const facts = {
  sidecarImage: 'casa/sidecar:1',
  runtimeUrl: 'http://casa-auth-service.casa-runtime:8000',
  keycloakUrl: null,
};
const system = parseCustomResource(bank('bank').multiAgentSystem, 'MultiAgentSystem');
const known = system === null ? [] : [system];
const container: V1Container = { name: 'app', image: 'example.test/app:1' };

function pod(spec: Partial<V1PodSpec> = {}, app: Partial<V1Container> = {}): V1Pod {
  return {
    metadata: {
      labels: { 'pod-template-hash': 'abc12' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'teller-abc12', uid: 'u', controller: true },
      ],
    },
    spec: { containers: [{ ...container, ...app }], ...spec },
  };
}

function patched(before: V1Pod): V1Pod {
  const injection = injectPod(before, 'bank', known, facts);
  if (injection.kind !== 'patched') throw new Error(JSON.stringify(injection));
  const value = (path: string) => injection.patch.find((operation: PatchOperation) => operation.path === path)?.value;
  return {
    metadata: { ...before.metadata, labels: value('/metadata/labels') as Record<string, string> },
    spec: {
      ...before.spec,
      containers: before.spec?.containers ?? [],
      initContainers: value('/spec/initContainers') as V1Container[],
      volumes: value('/spec/volumes') as NonNullable<V1PodSpec['volumes']>,
    },
  };
}

function refusal(value: V1Pod): string | null {
  const injection = injectPod(value, 'bank', known, facts);
  return injection.kind === 'refused' ? injection.message : null;
}

describe('injectPod', () => {
  it('a pod gets its redirection and its enforcement point before everything of its own', () => {
    const before = pod({ initContainers: [{ name: 'migrate', image: 'example.test/migrate:1' }] });
    const { spec, metadata } = patched(before);
    expect(spec?.initContainers?.map(({ name }) => name)).toEqual(['casa-redirect', 'casa-sidecar', 'migrate']);
    expect(metadata?.labels).toMatchObject({ 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
    const [redirect, sidecar] = spec?.initContainers ?? [];
    expect(redirect?.securityContext?.capabilities).toEqual({ drop: ['ALL'], add: ['NET_ADMIN'] });
    expect(sidecar).toMatchObject({
      restartPolicy: 'Always',
      securityContext: {
        runAsUser: 1337,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    });
    expect(spec?.containers).toEqual(before.spec?.containers);
  });

  it('only the enforcement point mounts the token of audience `casa`', () => {
    const { spec } = patched(pod());
    const mounters = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
      .filter(({ volumeMounts }) => volumeMounts?.some(({ name }) => name === 'casa-token'))
      .map(({ name }) => name);
    expect(mounters).toEqual(['casa-sidecar']);
    expect(spec?.volumes?.[0]?.projected?.sources?.[0]?.serviceAccountToken?.audience).toBe('casa');
  });

  it('injecting twice is injecting once', () => {
    expect(injectPod(patched(pod()), 'bank', known, facts)).toEqual({ kind: 'unchanged' });
  });

  it.each<[string, V1Pod]>([
    ['`hostNetwork`', pod({ hostNetwork: true })],
    ['`shareProcessNamespace`', pod({ shareProcessNamespace: true })],
    ['the pod runs as uid 1337', pod({ securityContext: { runAsUser: 1337 } })],
    ['container `app` runs as uid 1337', pod({}, { securityContext: { runAsUser: 1337 } })],
    ['container `app` is privileged', pod({}, { securityContext: { privileged: true } })],
    ['capability `NET_ADMIN`', pod({}, { securityContext: { capabilities: { add: ['cap_net_admin'] } } })],
    ['container `app` mounts `casa-token`', pod({}, { volumeMounts: [{ name: 'casa-token', mountPath: '/t' }] })],
    ['volume `node` is a folder of the node', pod({ volumes: [{ name: 'node', hostPath: { path: '/' } }] })],
    [
      'volume `mine` holds a token of audience `casa`',
      pod({
        volumes: [{ name: 'mine', projected: { sources: [{ serviceAccountToken: { audience: 'casa', path: 't' } }] } }],
      }),
    ],
    [
      '`casa-sidecar` is a name of the enforcement point',
      pod({ initContainers: [{ ...container, name: 'casa-sidecar' }] }),
    ],
    ['is no app of a MultiAgentSystem', { metadata: { name: 'stray' }, spec: { containers: [container] } }],
  ])('a pod is refused with the reason: %s', (reason, value) => {
    expect(refusal(value)).toContain(reason);
  });

  it('an enforcement point that was altered is not taken for ours', () => {
    const value = patched(pod());
    const [redirect, sidecar] = value.spec?.initContainers ?? [];
    if (redirect === undefined || sidecar === undefined) throw new Error('not injected');
    const altered = { ...sidecar, env: [...(sidecar.env ?? []), { name: 'CASA_APP', value: 'helper' }] };
    const spec = { containers: [container], ...value.spec, initContainers: [redirect, altered] };
    expect(refusal({ ...value, spec })).toContain('and this is not it');
  });
});
