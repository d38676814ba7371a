import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { openLogger } from '../http/logger.ts';
import { bank } from '../http/testing/bank.ts';
import { startTestRuntime, type TestRuntime } from '../http/testing/test_runtime.ts';
import { Controller } from './controller.ts';
import { type ControlPlane, installCrds, noControlPlane, startControlPlane, until } from './testing/control_plane.ts';
import { WatchedCluster } from './watched_cluster.ts';

describe.skipIf(noControlPlane)(
  `the controller against a real API server${noControlPlane === null ? '' : ` (${noControlPlane})`}`,
  () => {
    let plane: ControlPlane;
    let runtime: TestRuntime;
    let controller: Controller;
    let cluster: WatchedCluster;
    const open = (identity: string) =>
      new Controller({
        config: plane.config,
        cluster,
        parts: runtime.parts,
        modules: readPolicyModules(),
        logger: openLogger({ write: () => {} }, 'silent'),
        namespace: 'default',
        identity,
      });

    beforeAll(async () => {
      [plane, runtime] = await Promise.all([startControlPlane(), startTestRuntime()]);
      await installCrds(plane);
      const parts = {
        config: plane.config,
        news: runtime.parts.news,
        policies: runtime.parts.policies,
        clocks: { monotonicMs: () => performance.now(), wallMs: Date.now },
      };
      cluster = new WatchedCluster({ namespace: 'casa-runtime', ...parts, warn: () => undefined });
      await cluster.start();
      controller = open('one');
      await controller.start();
    }, 120_000);

    afterAll(async () => {
      await controller?.stop();
      await cluster?.stop();
      await plane?.stop();
      await runtime?.close();
    });

    const get = async (kind: string, namespace: string, name: string) => {
      const { ok, stdout } = await plane.kubectl(['get', kind, '-n', namespace, name, '-o', 'json']);
      return ok ? JSON.parse(stdout) : null;
    };
    const conditions = async (namespace: string, kind = 'mas', name = 'demo') => {
      const found = (await get(kind, namespace, name))?.status?.conditions ?? [];
      return Object.fromEntries(
        found.map((entry: { type: string; status: string; reason: string }) => [
          entry.type,
          `${entry.status} ${entry.reason}`,
        ]),
      );
    };
    const applyBank = async (namespace: string, spec = {}) => {
      const { multiAgentSystem, policies } = bank(namespace, spec);
      const items = [multiAgentSystem, ...policies];
      const applied = await plane.kubectl(
        ['apply', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      );
      expect(applied.stderr).toBe('');
    };
    const revision = (namespace: string) => runtime.parts.policies.get(`${namespace}.demo`)?.revision;

    it('the published example and the demo become served systems', async () => {
      for (const file of [
        '../../compiler/testdata/published/input.yaml',
        '../../demo/manifests/multi_agent_system.yaml',
      ]) {
        const text = readFileSync(new URL(file, import.meta.url), 'utf8');
        for (const namespace of new Set([...text.matchAll(/namespace: ([a-z0-9-]+)/g)].map(([, name]) => name ?? ''))) {
          await plane.kubectl(['create', 'namespace', namespace]);
        }
        expect(
          (await plane.kubectl(['apply', '-f', '-'], text)).stderr.replaceAll(/^Warning.*missing the.*\n/gm, ''),
        ).toBe('');
      }
      await until(
        () => runtime.parts.policies.names().includes('bank.bank') && runtime.parts.policies.names().length >= 2,
      );
    });

    it('an invalid manifest is refused with 422 and the field', async () => {
      const namespace = await plane.namespace('invalid');
      const { multiAgentSystem } = bank(namespace, { tokenTtlSeconds: 1 });
      const refused = await plane.kubectl(['create', '-f', '-'], JSON.stringify(multiAgentSystem));
      expect(refused.ok).toBe(false);
      expect(refused.stderr).toContain('spec.tokenTtlSeconds: Invalid value: 1');
    });

    it('a MAS is published, its status says so, and what is served is what PUT /mas would serve', async () => {
      const namespace = await plane.namespace('status');
      await applyBank(namespace);
      await until(async () => (await get('mas', namespace, 'demo'))?.status?.phase === 'Active');
      expect(await conditions(namespace)).toEqual({
        Accepted: 'True Accepted',
        Programmed: 'True Published',
        Ready: 'False AppsNotReady',
      });
      await until(async () => (await conditions(namespace, 'casap', 'teller')).Programmed === 'True Published');
      const { status, metadata } = await get('mas', namespace, 'demo');
      expect(status).toMatchObject({
        observedGeneration: metadata.generation,
        appsReady: '0/5',
        revision: revision(namespace),
      });
      expect(metadata.finalizers).toEqual(['casa.io/runtime']);
      const stored = (await runtime.admin('GET', `/mas/${namespace}.demo`)).json();
      const put = await runtime.admin('PUT', `/mas/${namespace}.demo`, {
        multiAgentSystem: stored.multiAgentSystem,
        policies: stored.policies,
      });
      expect(put.json().revision).toBe(status.revision);
    });

    it('a mistake keeps the last good revision serving, says so, and touches no other MAS', async () => {
      const [namespace, other] = [await plane.namespace('mistake'), await plane.namespace('other')];
      await applyBank(namespace);
      await applyBank(other);
      await until(() => revision(namespace) !== undefined && revision(other) !== undefined);
      const [before, beforeOther] = [revision(namespace), revision(other)];
      const broken = bank(namespace).policies[1];
      await plane.kubectl(
        ['apply', '-f', '-'],
        JSON.stringify({
          ...broken,
          spec: { targetRef: { kind: 'Deployment', name: 'helper' }, allowedEndpoints: [{ name: 'archiv' }] },
        }),
      );
      await until(async () => (await get('mas', namespace, 'demo'))?.status?.phase === 'Failed');
      const { status } = await get('mas', namespace, 'demo');
      expect(status.message).toMatch(/^revision .* keeps serving: .*did you mean `archive`/);
      expect(await conditions(namespace)).toMatchObject({
        Accepted: 'False HasMistakes',
        Programmed: 'False LastGoodServes',
      });
      await until(async () => (await conditions(namespace, 'casap', 'helper')).Accepted === 'False HasMistakes');
      expect([revision(namespace), revision(other)]).toEqual([before, beforeOther]);
      expect((await get('mas', other, 'demo')).status.phase).toBe('Active');
    });

    it('an app is ready once a pod with its enforcement point is', async () => {
      const namespace = await plane.namespace('ready');
      await applyBank(namespace);
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'teller', namespace, labels: { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' } },
        spec: { containers: [{ name: 'a', image: 'example.test/a:1' }], automountServiceAccountToken: false },
      };
      expect((await plane.kubectl(['create', '-f', '-'], JSON.stringify(pod))).stderr).toBe('');
      const ready = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }] } });
      await plane.kubectl([
        'patch',
        'pod',
        'teller',
        '-n',
        namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        ready,
      ]);
      await until(async () => (await get('mas', namespace, 'demo'))?.status?.appsReady === '1/5');
    });

    it('a deleted MAS is gone from the runtime before it is gone from the cluster', async () => {
      const namespace = await plane.namespace('deleted');
      await applyBank(namespace);
      await until(() => revision(namespace) !== undefined);
      await until(async () => (await get('mas', namespace, 'demo'))?.metadata.finalizers?.length === 1);
      const deleted = await plane.kubectl(['delete', 'mas', 'demo', '-n', namespace, '--timeout=20s']);
      expect(deleted.stderr).toBe('');
      expect(revision(namespace)).toBeUndefined();
      expect((await runtime.admin('GET', `/mas/${namespace}.demo`)).statusCode).toBe(404);
    });

    it('a second replica does not lead until the first lets go', async () => {
      const second = open('two');
      await second.start();
      expect([controller.leads(), second.leads()]).toEqual([true, false]);
      await controller.stop();
      controller = second;
      await until(() => second.leads(), 30_000);
    }, 60_000);
  },
);
