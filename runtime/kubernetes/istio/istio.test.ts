import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emitIstio } from '../../../compiler/istio/emit_istio.ts';
import type { IstioObject } from '../../../compiler/istio/objects.ts';
import { istioOptions } from '../../../compiler/istio/options.ts';
import { renderIstio } from '../../../compiler/istio/render_istio.ts';
import { compileText } from '../../../compiler/testing.ts';
import { readPolicyModules } from '../../../policies/read_modules.ts';
import { openLogger } from '../../http/logger.ts';
import { bank } from '../../http/testing/bank.ts';
import { startTestRuntime, type TestRuntime } from '../../http/testing/test_runtime.ts';
import { Controller } from '../controller.ts';
import { type ControlPlane, installCrds, noControlPlane, startControlPlane, until } from '../testing/control_plane.ts';

import { WatchedCluster } from '../watched_cluster.ts';

const crds = new URL('../../../.tools/istio-crds-v1.31.1.yaml', import.meta.url).pathname;
const noCrds = existsSync(crds) ? null : 'no definitions: `node scripts/install_istio_crds.mjs` gets them';
const skipped = noControlPlane ?? noCrds;
const testdata = new URL('../../../compiler/istio/testdata/', import.meta.url);
const label = 'app.kubernetes.io/managed-by=casa-runtime';
const kinds = 'envoyfilters,sidecars,serviceentries,destinationrules,peerauthentications,authorizationpolicies';

describe.skipIf(skipped)(
  `Istio's own definitions on a real API server${skipped === null ? '' : ` (${skipped})`}`,
  () => {
    let plane: ControlPlane;
    beforeAll(async () => {
      plane = await startControlPlane();
      const applied = await plane.kubectl(['apply', '--server-side', '-f', crds]);
      if (!applied.ok) throw new Error(applied.stderr);
      await installCrds(plane);
    }, 120_000);
    afterAll(() => plane?.stop());

    const dryRun = (text: string) =>
      plane.kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], text);

    describe('takes what casa istio prints, to the last field', () => {
      for (const [name, namespace] of [
        ['outside', 'desk'],
        ['two_systems', 'shop'],
        ['hostile_names', 'shop'],
      ] as const) {
        test(name, async () => {
          await plane.kubectl(['create', 'namespace', namespace]);
          const input = readFileSync(new URL(`${name}/input.yaml`, testdata), 'utf8');
          const objects = emitIstio(namespace, compileText(input).systems, istioOptions);
          const { ok, stdout, stderr } = await dryRun(renderIstio(objects));
          expect({ ok, stderr }).toEqual({ ok: true, stderr: '' });
          expect(stdout.trim().split('\n')).toHaveLength(objects.length);
        });
      }
    });

    test.each([
      ['a field that Istio does not know', 'workloadSelector:', 'workloadSelektor:'],
      ['an operation that Istio does not know', 'operation: INSERT_FIRST', 'operation: INSERT_ZEROTH'],
      ['a mode that Istio does not know', 'mode: STRICT', 'mode: STRICTER'],
    ])('refuses %s', async (_title, find, replace) => {
      const golden = readFileSync(new URL('outside/objects.yaml', testdata), 'utf8');
      const planted = golden.replace(find, replace);
      expect(planted).not.toBe(golden);
      expect(await dryRun(planted)).toMatchObject({ ok: false });
    });

    describe('the controller', () => {
      let runtime: TestRuntime;
      let controller: Controller;
      let cluster: WatchedCluster;
      beforeAll(async () => {
        runtime = await startTestRuntime();
        const { news, policies } = runtime.parts;
        const watched = {
          config: plane.config,
          news,
          policies,
          clocks: { monotonicMs: () => performance.now(), wallMs: Date.now },
        };
        cluster = new WatchedCluster({ namespace: 'casa-runtime', ...watched, warn: () => undefined });
        await cluster.start();
        controller = new Controller({
          config: plane.config,
          cluster,
          parts: runtime.parts,
          modules: readPolicyModules(),
          logger: openLogger({ write: () => {} }, 'silent'),
          namespace: 'default',
          identity: 'one',
        });
        await controller.start();
      }, 60_000);
      afterAll(async () => {
        await controller?.stop();
        await cluster?.stop();
        await runtime?.close();
      });

      const applyBank = async (namespace: string) => {
        const { multiAgentSystem, policies } = bank(namespace);
        const list = { apiVersion: 'v1', kind: 'List', items: [multiAgentSystem, ...policies] };
        expect((await plane.kubectl(['apply', '-f', '-'], JSON.stringify(list))).stderr).toBe('');
      };
      const objectsIn = async (namespace: string): Promise<readonly IstioObject[]> => {
        const { stdout } = await plane.kubectl(['get', kinds, '-n', namespace, '-l', label, '-o', 'json']);
        return JSON.parse(stdout).items;
      };
      const countIn = async (namespace: string) => (await objectsIn(namespace)).length;
      const wanted = (namespace: string) => {
        const served = runtime.parts.policies.get(`${namespace}.demo`);
        return served === null ? [] : emitIstio(namespace, [served], istioOptions);
      };

      test('gives a namespace of the mesh what casa istio prints, and no other namespace anything', async () => {
        const meshed = await plane.namespace('meshed', { 'istio-injection': 'enabled' });
        const other = await plane.namespace('plain');
        await Promise.all([applyBank(meshed), applyBank(other)]);
        await until(async () => wanted(meshed).length > 0 && (await countIn(meshed)) === wanted(meshed).length);
        const specs = (objects: readonly IstioObject[]) =>
          objects
            .map(({ kind, metadata, spec }) => [`${kind}/${metadata.name}`, JSON.parse(JSON.stringify(spec))])
            .sort();
        expect(specs(await objectsIn(meshed))).toEqual(specs(wanted(meshed)));
        await until(() => runtime.parts.policies.get(`${other}.demo`) !== null);
        expect(await countIn(other)).toBe(0);
      });

      test('takes everything away when the MAS goes, and leaves what is not its own', async () => {
        const namespace = await plane.namespace('goes', { 'istio-injection': 'enabled' });
        const own = { apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication' };
        const theirs = { ...own, metadata: { name: 'theirs', namespace }, spec: { mtls: { mode: 'STRICT' } } };
        await plane.kubectl(['apply', '-f', '-'], JSON.stringify(theirs));
        await applyBank(namespace);
        await until(
          async () => (await countIn(namespace)) > 0 && (await countIn(namespace)) === wanted(namespace).length,
        );
        await plane.kubectl(['delete', 'mas', 'demo', '-n', namespace, '--wait=false']);
        await until(async () => (await countIn(namespace)) === 0);
        expect((await plane.kubectl(['get', 'peerauthentication', 'theirs', '-n', namespace])).ok).toBe(true);
      });

      test('gives a namespace that joins the mesh later its objects', async () => {
        const namespace = await plane.namespace('joins');
        await applyBank(namespace);
        await until(() => wanted(namespace).length > 0);
        await plane.kubectl(['label', 'namespace', namespace, 'istio-injection=enabled']);
        await until(async () => (await countIn(namespace)) === wanted(namespace).length);
      });
    });
  },
);
