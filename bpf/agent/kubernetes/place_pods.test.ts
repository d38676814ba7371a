import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findContainerCgroup, findPodCgroup } from './find_cgroup.ts';
import { placePods } from './place_pods.ts';
import { serviceAddresses } from './service_addresses.ts';

const kubepods = mkdtempSync(join(tmpdir(), 'casa-kubepods-'));
const uid = '0a1b2c3d-1111-2222-3333-444455556666';
const [appId, sidecarId, redirectId] = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const podFolder = join(kubepods, 'burstable', `pod${uid}`);

beforeAll(() => {
  for (const id of [appId, sidecarId, redirectId]) mkdirSync(join(podFolder, id ?? ''), { recursive: true });
});
afterAll(() => rmSync(kubepods, { recursive: true }));

function podOf(labels: { [name: string]: string }, started: boolean): V1Pod {
  const status = (name: string, id = '') => ({
    name,
    ...(started ? { containerID: `containerd://${id}` } : {}),
    image: '',
    imageID: '',
    ready: true,
    restartCount: 0,
  });
  return {
    metadata: { uid, namespace: 'shop', labels },
    status: {
      podIP: '10.0.0.9',
      initContainerStatuses: [status('casa-redirect', redirectId), status('casa-sidecar', sidecarId)],
      containerStatuses: [status('app', appId)],
    },
  };
}

const labels = { 'casa.io/mas': 'bank', 'casa.io/app': 'teller' };
const runtime = { proto: 'tcp', port: 8000, name: 'casa-auth-service', namespace: 'casa-runtime' } as const;
const facts = { kubepods, sidecarReaches: [runtime] };

describe('pods become cgroups', () => {
  test('a pod is closed as a whole before any of its containers is known', () => {
    expect(placePods([podOf(labels, false)], facts)).toEqual([
      {
        mas: 'shop.bank',
        app: null,
        cgroup: podFolder,
        extent: 'pod',
        hashesTokens: false,
        alsoAllow: [],
        alsoNamed: [],
      },
    ]);
  });

  test('only the sidecar reaches the runtime and the pod itself and has its tokens hashed, and the container that redirects reaches nothing', () => {
    const placed = placePods([podOf(labels, true)], facts).slice(1);
    const own = { proto: 'tcp', port: 0, cidr: '10.0.0.9/32' };
    expect(placed.map(({ cgroup, app, alsoNamed }) => ({ cgroup, app, alsoNamed }))).toEqual([
      { cgroup: join(podFolder, sidecarId ?? ''), app: 'teller', alsoNamed: [runtime] },
      { cgroup: join(podFolder, appId ?? ''), app: 'teller', alsoNamed: [] },
    ]);
    expect(placed.map(({ hashesTokens }) => hashesTokens)).toEqual([true, false]);
    const [sidecar, app] = placed;
    expect([sidecar?.alsoAllow, app?.alsoAllow].map((rows) => rows?.some(({ cidr }) => cidr === own.cidr))).toEqual([
      true,
      false,
    ]);
  });

  test('a pod of no MAS, or without a cgroup, is none of the agent', () => {
    const gone = { ...podOf(labels, true), metadata: { uid: 'ffffffff-0000', namespace: 'shop', labels } };
    expect(placePods([podOf({}, true), gone], facts)).toEqual([]);
  });

  test('the folders of the systemd driver are found as well, and no id leads elsewhere', () => {
    const slice = join(
      kubepods,
      'kubepods-besteffort.slice',
      `kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice`,
    );
    const other = join(slice, `cri-containerd-${appId}.scope`);
    mkdirSync(other, { recursive: true });
    rmSync(podFolder, { recursive: true });
    expect(findPodCgroup(kubepods, uid)).toBe(slice);
    expect(findContainerCgroup(slice, `containerd://${appId}`)).toBe(other);
    expect(findContainerCgroup(slice, 'containerd://..')).toBeNull();
    expect(findContainerCgroup(slice, 'containerd://')).toBeNull();
  });
});

test('a Service is reached by its own addresses and by those of its EndpointSlices, and by nobody else’s', () => {
  const metadata = (name: string, namespace = 'shop') => ({ name, namespace });
  const slice = (name: string, namespace: string, addresses: string[], addressType = 'IPv4') => ({
    metadata: { namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType,
    endpoints: [{ addresses }],
  });
  const objects = {
    services: [
      { metadata: metadata('ledger'), spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'] } },
      { metadata: metadata('headless'), spec: { clusterIP: 'None', clusterIPs: ['None'] } },
      { metadata: metadata('ledger', 'other'), spec: { clusterIP: '10.96.0.8' } },
    ],
    slices: [
      slice('ledger', 'shop', ['10.0.0.4', '10.0.0.5']),
      slice('ledger', 'other', ['10.0.0.6']),
      slice('headless', 'shop', ['10.0.0.3']),
      slice('headless', 'shop', ['evil.example.com'], 'FQDN'),
      // As the API server answers for a Service without a pod.
      JSON.parse(JSON.stringify({ ...slice('headless', 'shop', []), endpoints: null })),
    ],
  };
  expect(serviceAddresses(objects, 'ledger', 'shop')).toEqual(['10.96.0.7', 'fd00::7', '10.0.0.4', '10.0.0.5']);
  expect(serviceAddresses(objects, 'headless', 'shop')).toEqual(['10.0.0.3']);
  expect(serviceAddresses(objects, 'nobody', 'shop')).toEqual([]);
});
