import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { bank } from '../../http/testing/bank.ts';
import { parseCustomResource } from '../reconcile/custom_resource.ts';
import { injectMeshPod } from './inject_mesh_pod.ts';
import type { Injection } from './inject_pod.ts';

const facts = {
  sidecarImage: 'casa/sidecar:1',
  runtimeUrl: 'http://casa-auth-service.casa-runtime:8000',
  keycloakUrl: null,
};
const system = parseCustomResource(bank('bank').multiAgentSystem, 'MultiAgentSystem');
const known = system === null ? [] : [system];
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'teller-abc12', uid: 'u', controller: true };

function pod(metadata: V1Pod['metadata'] = {}, ...more: readonly V1Container[]): V1Pod {
  return {
    metadata: { ...metadata, labels: { 'pod-template-hash': 'abc12', ...metadata.labels }, ownerReferences: [owner] },
    spec: { containers: [{ name: 'app', image: 'example.test/app:1' }, ...more] },
  };
}

const inject = (value: V1Pod): Injection => injectMeshPod(value, 'bank', known, facts);

/** The pod with the patch applied. */
function patched(before: V1Pod): V1Pod {
  const injection = inject(before);
  if (injection.kind !== 'patched') throw new Error(JSON.stringify(injection));
  const after = JSON.parse(JSON.stringify(before));
  for (const { path, value } of injection.patch) {
    const names = path.split('/').slice(1);
    const last = names.pop() ?? '';
    const place = names.reduce((at, name) => at[name], after);
    place[last] = value;
  }
  return after;
}

/** What Istio's webhook makes of a pod. */
function withIstio(before: V1Pod): V1Pod {
  const security = { runAsUser: 1337, capabilities: { add: ['NET_ADMIN'] } };
  const proxy = { name: 'istio-proxy', image: 'istio/proxyv2', securityContext: security };
  const annotations = { ...before.metadata?.annotations, 'sidecar.istio.io/status': '{}' };
  const init = { name: 'istio-init', image: 'istio/proxyv2', securityContext: security };
  return {
    metadata: { ...before.metadata, annotations },
    spec: {
      ...before.spec,
      containers: [...(before.spec?.containers ?? []), proxy],
      initContainers: [init, ...(before.spec?.initContainers ?? [])],
    },
  };
}

describe('injectMeshPod', () => {
  test('a pod gets ext-authz alone: no Envoy and no redirection of ours', () => {
    const { metadata, spec } = patched(pod());
    expect(metadata?.labels).toMatchObject({ 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
    expect(spec?.initContainers).toMatchObject([{ name: 'casa-sidecar', restartPolicy: 'Always' }]);
    expect(spec?.initContainers?.[0]?.env).toContainEqual({ name: 'CASA_ENVOY', value: 'none' });
    expect(spec?.volumes?.map(({ name }) => name)).toEqual(['casa-token', 'casa-run']);
  });

  test('asked again after Istio, it mounts the socket into istio-proxy and nothing else, and is then content', () => {
    const after = patched(withIstio(patched(pod())));
    const mounts = after.spec?.containers.map(({ name, volumeMounts = [] }) => [name, volumeMounts]);
    expect(mounts).toEqual([
      ['app', []],
      ['istio-proxy', [{ name: 'casa-run', mountPath: '/run/casa' }]],
    ]);
    expect(inject(after)).toEqual({ kind: 'unchanged' });
  });

  test('a pod that brings an istio-proxy of its own is refused', () => {
    const injection = inject(
      pod({}, { name: 'istio-proxy', image: 'example.test/mine', securityContext: { runAsUser: 1337 } }),
    );
    expect(injection).toMatchObject({ kind: 'refused', message: expect.stringContaining('`istio-proxy` is a name') });
  });

  test.each([
    ['sidecar.istio.io/inject', 'false'],
    ['traffic.sidecar.istio.io/excludeOutboundPorts', '443'],
    ['traffic.sidecar.istio.io/excludeInboundPorts', '8080'],
    ['traffic.sidecar.istio.io/excludeInboundPorts', '15020,8080'],
    ['traffic.sidecar.istio.io/excludeOutboundIPRanges', '10.0.0.0/8'],
    ['traffic.sidecar.istio.io/includeOutboundIPRanges', '10.0.0.0/8'],
    ['traffic.sidecar.istio.io/includeInboundPorts', ''],
    ['sidecar.istio.io/interceptionMode', 'NONE'],
    ['sidecar.istio.io/proxyImage', 'example.test/mine'],
    ['sidecar.istio.io/userVolumeMount', '[]'],
    ['sidecar.istio.io/bootstrapOverride', 'mine'],
    ['inject.istio.io/templates', 'mine'],
    ['proxy.istio.io/config', '{}'],
    ['ambient.istio.io/redirection', 'enabled'],
    ['something.new.istio.io/constructor', ''],
  ])('a pod with `%s: %s` is refused, as a label or as an annotation', (key, value) => {
    for (const where of [{ annotations: { [key]: value } }, { labels: { [key]: value } }]) {
      expect(inject(pod(where))).toMatchObject({ kind: 'refused', message: expect.stringContaining(key) });
      const later = withIstio(patched(pod()));
      later.metadata = { ...later.metadata, annotations: { ...later.metadata?.annotations, [key]: value } };
      expect(inject(later)).toMatchObject({ kind: 'refused' });
    }
  });

  test('a label is refused whatever an annotation of the same name says', () => {
    const key = 'sidecar.istio.io/inject';
    expect(inject(pod({ labels: { [key]: 'false' }, annotations: { [key]: 'true' } }))).toMatchObject({
      kind: 'refused',
    });
  });

  test('what Istio writes itself is no reason to refuse', () => {
    const annotations = {
      'traffic.sidecar.istio.io/includeInboundPorts': '*',
      'traffic.sidecar.istio.io/excludeInboundPorts': '15020,15021,15090',
      'sidecar.istio.io/interceptionMode': 'REDIRECT',
    };
    expect(inject(pod({ annotations, labels: { 'security.istio.io/tlsMode': 'istio' } })).kind).toBe('patched');
  });

  test('a pod that is no app, and one that gets round its enforcement point, are refused as everywhere', () => {
    expect(injectMeshPod(pod(), 'elsewhere', known, facts)).toMatchObject({ kind: 'refused' });
    const privileged = pod({}, { name: 'p', image: 'x', securityContext: { privileged: true } });
    expect(inject(privileged)).toMatchObject({ kind: 'refused', message: expect.stringContaining('privileged') });
    const same = pod({}, { name: 'same', image: 'x', securityContext: { runAsUser: 1337 } });
    expect(inject(same)).toMatchObject({ kind: 'refused', message: expect.stringContaining('1337') });
  });
});
