import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, DiscoveryV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type ControlPlane,
  installCrds,
  noControlPlane,
  startControlPlane,
} from '../../../runtime/kubernetes/testing/control_plane.ts';
import { ClusterWatch, nameServerRows } from './cluster_watch.ts';

const containerId = 'd'.repeat(64);
const why = noControlPlane === null ? '' : ` (${noControlPlane})`;

function resources(namespace: string, fqdn: string) {
  const app = (name: string, type: string) => ({
    name,
    type,
    kubernetesWorkloadName: name,
    baseUrl: { host: `${name}:8080`, scheme: 'http' },
  });
  const apps = [
    { ...app('teller', 'agent'), httpRequestSchema: { promptFieldJsonPath: '{.prompt}' } },
    app('ledger', 'mcp_server'),
  ];
  const of = (kind: string, name: string, spec: object) =>
    JSON.stringify({ apiVersion: 'casa.io/v1alpha1', kind, metadata: { name, namespace }, spec });
  return [
    of('MultiAgentSystem', 'bank', { name: 'Bank', llm_host: `${fqdn}:443`, apps }),
    of('CASAPolicy', 'teller', {
      targetRef: { kind: 'Deployment', name: 'teller' },
      allowedEndpoints: [{ name: 'ledger' }],
    }),
  ];
}

describe.skipIf(noControlPlane)(`a node of a cluster, as a real API server tells it${why}`, () => {
  const kubepods = mkdtempSync(join(tmpdir(), 'casa-kubepods-'));
  let plane: ControlPlane;
  let watch: ClusterWatch;
  let core: CoreV1Api;

  beforeAll(async () => {
    plane = await startControlPlane();
    await installCrds(plane);
    core = plane.config.makeApiClient(CoreV1Api);
    const source = { kind: 'kubernetes', nodeName: 'one', kubepods, sidecarReaches: [] } as const;
    watch = new ClusterWatch(plane.config, source, () => {});
    await watch.start();
  }, 120_000);
  afterAll(async () => {
    await watch?.stop();
    await plane?.stop();
    rmSync(kubepods, { recursive: true });
  });

  test('gives the cgroups of its pods, the rows of their systems, and the addresses of Services', async () => {
    const namespace = await plane.namespace('node');
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'apps' } } });
    for (const resource of resources(namespace, 'llm.example.com'))
      await plane.kubectl(['create', '-f', '-'], resource);
    const uids: { [node: string]: string } = {};
    for (const nodeName of ['one', 'two']) {
      const labels = { 'casa.io/mas': 'bank', 'casa.io/app': 'teller' };
      const spec = { nodeName, serviceAccountName: 'apps', containers: [{ name: 'app', image: 'none' }] };
      const body = { metadata: { name: nodeName, labels }, spec };
      uids[nodeName] = (await core.createNamespacedPod({ namespace, body })).metadata?.uid ?? '';
      mkdirSync(join(kubepods, 'besteffort', `pod${uids[nodeName]}`, containerId), { recursive: true });
    }
    await plane.kubectl(
      ['patch', 'pod', '-n', namespace, 'one', '--subresource=status', '--type=merge', '-p'].concat(
        JSON.stringify({ status: { containerStatuses: [containerStatus()] } }),
      ),
    );
    const pod = join(kubepods, 'besteffort', `pod${uids.one}`);
    await vi.waitFor(() => {
      const { cgroups } = watch.placed();
      expect(cgroups.map(({ app, cgroup, extent }) => ({ app, cgroup, extent }))).toEqual([
        { app: null, cgroup: pod, extent: 'pod' },
        { app: 'teller', cgroup: join(pod, containerId), extent: 'container' },
      ]);
    }, 10_000);
    const { systems, issues } = watch.placed();
    const rows = systems.find(({ mas }) => mas === `${namespace}.bank`)?.apps.find(({ app }) => app === 'teller')?.rows;
    expect({ rows, issues }).toEqual({
      rows: [
        { proto: 'tcp', port: 8080, name: 'ledger', namespace },
        { proto: 'tcp', port: 443, fqdn: 'llm.example.com' },
      ],
      issues: [],
    });

    const service = await core.createNamespacedService({
      namespace,
      body: { metadata: { name: 'ledger' }, spec: { ports: [{ port: 8080 }] } },
    });
    await plane.config.makeApiClient(DiscoveryV1Api).createNamespacedEndpointSlice({
      namespace,
      body: {
        metadata: { name: 'ledger-1', labels: { 'kubernetes.io/service-name': 'ledger' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.2.3'] }],
      },
    });
    const resolve = watch.resolver(() => Promise.reject(new Error('not of the cluster')));
    await vi.waitFor(async () => {
      const answer = await resolve({ kind: 'service', name: 'ledger', namespace });
      expect(answer.addresses).toEqual([service.spec?.clusterIP, '10.1.2.3']);
    }, 10_000);
    await expect(resolve({ kind: 'service', name: 'nobody', namespace })).rejects.toThrow('not of the cluster');
    await expect(resolve({ kind: 'fqdn', fqdn: 'llm.example.com' })).rejects.toThrow('not of the cluster');
  }, 60_000);
});

function containerStatus() {
  const containerID = `containerd://${containerId}`;
  return { name: 'app', containerID, image: 'none', imageID: '', ready: true, restartCount: 0 };
}

test('the name servers of a pod are rows of both protocols, and nothing else of its file is', () => {
  const text =
    'search svc.cluster.local\nnameserver 10.96.0.10\nnameserver fd00::a\noptions ndots:5\n# nameserver 1.1.1.1\n';
  expect(nameServerRows(text).map(({ proto, cidr, port }) => `${proto} ${cidr} ${port}`)).toEqual([
    'udp 10.96.0.10/32 53',
    'tcp 10.96.0.10/32 53',
    'udp fd00::a/128 53',
    'tcp fd00::a/128 53',
  ]);
});
