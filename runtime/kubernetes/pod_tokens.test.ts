import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../policies/contract.ts';
import type { PeersFeed } from '../../policies/wire.ts';
import { bank } from '../http/testing/bank.ts';
import { postForm, startTestRuntime, type TestRuntime } from '../http/testing/test_runtime.ts';
import { type ControlPlane, noControlPlane, startControlPlane, until } from './testing/control_plane.ts';
import { WatchedCluster } from './watched_cluster.ts';

const workloads = { client: 'web', agent: 'teller', accounts: 'ledger' };

describe.skipIf(noControlPlane)(
  `pods and their tokens, judged by a real API server${noControlPlane === null ? '' : ` (${noControlPlane})`}`,
  () => {
    let plane: ControlPlane;
    let runtime: TestRuntime;
    let cluster: WatchedCluster;
    let core: CoreV1Api;
    let aheadMs = 0;

    beforeAll(async () => {
      plane = await startControlPlane();
      core = plane.config.makeApiClient(CoreV1Api);
      runtime = await startTestRuntime({ kind: 'memory' }, undefined, (news, policies) => {
        cluster = new WatchedCluster({
          config: plane.config,
          namespace: 'casa-runtime',
          news,
          policies,
          clocks: { monotonicMs: () => performance.now(), wallMs: () => Date.now() + aheadMs },
          warn: () => undefined,
        });
        return cluster;
      });
      await cluster.start();
    }, 120_000);
    afterAll(async () => {
      await cluster?.stop();
      await runtime?.close();
      await plane?.stop();
    });

    /** A namespace with the bank served for it, and ServiceAccounts. */
    const install = async (spec: JsonObject = {}) => {
      const namespace = await plane.namespace('pods');
      await runtime.install(bank(namespace, spec));
      for (const name of ['default', 'agent']) {
        await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
      }
      return namespace;
    };
    const makePod = async (namespace: string, name: string, labels: { [name: string]: string }, account = 'agent') => {
      const spec = { serviceAccountName: account, containers: [{ name: 'app', image: 'none' }] };
      return core.createNamespacedPod({ namespace, body: { metadata: { name, labels }, spec } });
    };
    const tokenOf = async (namespace: string, pod: string | null, audience = 'casa', account = 'agent') => {
      const uid = pod === null ? '' : ((await core.readNamespacedPod({ namespace, name: pod })).metadata?.uid ?? '');
      const bound = pod === null ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod, uid } };
      const body = { spec: { audiences: [audience], expirationSeconds: 600, ...bound } };
      const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: account, body });
      return status?.token ?? '';
    };
    const address = async (pod: string, at: string, podIP: string) => {
      const body = [{ op: 'add', path: '/status/podIP', value: podIP }];
      await plane.kubectl([
        ...['patch', 'pod', '-n', at, pod, '--subresource=status', '--type=json'],
        ...['-p', JSON.stringify(body)],
      ]);
    };
    const bundle = async (mas: string, token: string) =>
      (
        await runtime.app.inject({
          method: 'GET',
          url: `/bundles/${mas}`,
          headers: { authorization: `Bearer ${token}` },
        })
      ).statusCode;

    it('the sidecar of an app is the app, at every endpoint, as often as it likes', async () => {
      const namespace = await install();
      await makePod(namespace, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      const token = await tokenOf(namespace, workloads.agent);
      expect(await bundle(`${namespace}.demo`, token)).toBe(200);
      expect(await bundle(`${namespace}.demo`, token)).toBe(200);
      const form = new URLSearchParams({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: token,
        token: 'x',
      });
      expect((await postForm(runtime.app, '/oauth/introspect', form.toString())).json()).toEqual({ active: false });
    });

    it('a token of another audience, of no pod, of another system, of a label without its workload, or forged, is nobody', async () => {
      const namespace = await install();
      const other = await install();
      await makePod(namespace, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      await makePod(namespace, 'stranger', { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      await makePod(namespace, workloads.accounts, {});
      await makePod(other, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      const mas = `${namespace}.demo`;
      const good = await tokenOf(namespace, workloads.agent);
      const [head, body, signature = ''] = good.split('.');
      const answers = {
        good: await bundle(mas, good),
        audience: await bundle(mas, await tokenOf(namespace, workloads.agent, 'https://kubernetes.default.svc')),
        unbound: await bundle(mas, await tokenOf(namespace, null)),
        otherNamespace: await bundle(mas, await tokenOf(other, workloads.agent)),
        labelOfAnotherWorkload: await bundle(mas, await tokenOf(namespace, 'stranger')),
        noLabel: await bundle(mas, await tokenOf(namespace, workloads.accounts)),
        forged: await bundle(mas, [head, body, signature.split('').reverse().join('')].join('.')),
      };
      expect(answers).toEqual({
        good: 200,
        audience: 401,
        unbound: 401,
        otherNamespace: 403,
        labelOfAnotherWorkload: 401,
        noLabel: 401,
        forged: 401,
      });
    });

    it('a token that has expired is nobody, also one that was good a moment ago', async () => {
      const namespace = await install();
      await makePod(namespace, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      const mas = `${namespace}.demo`;
      const good = await tokenOf(namespace, workloads.agent);
      expect(await bundle(mas, good)).toBe(200);
      aheadMs = 601_000;
      expect(await bundle(mas, good)).toBe(401);
      aheadMs = 0;
      // Signed by the API server's own key: all that is wrong with it is its time.
      const pem = readFileSync(join(dirname(plane.kubeconfig), 'sa.key'), 'utf8');
      const { kid = '' } = decodeProtectedHeader(good);
      const resigned = (claims: JWTPayload) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(createPrivateKey(pem));
      const claims = decodeJwt(good);
      expect(await bundle(mas, await resigned({ ...claims, jti: 'another' }))).toBe(200);
      aheadMs = -7_200_000;
      const past = { iat: (claims.iat ?? 0) - 4_000, nbf: (claims.iat ?? 0) - 4_000, exp: (claims.iat ?? 0) - 3_000 };
      expect(await bundle(mas, await resigned({ ...claims, ...past }))).toBe(401);
      aheadMs = 0;
    });

    it('a node agent tells the flows of apps of its own node, and nothing else; nobody but it does', async () => {
      const namespace = await install();
      const home = 'casa-runtime';
      await core.createNamespace({ body: { metadata: { name: home } } });
      const put = (place: string, name: string, account: string, nodeName: string, labels = {}) => {
        const spec = { serviceAccountName: account, nodeName, containers: [{ name: 'app', image: 'none' }] };
        return core.createNamespacedPod({ namespace: place, body: { metadata: { name, labels }, spec } });
      };
      for (const place of [home, namespace]) {
        const account = { metadata: { name: 'casa-node-agent' } };
        await core.createNamespacedServiceAccount({ namespace: place, body: account });
        await put(place, 'node-agent', 'casa-node-agent', 'one');
      }
      await put(namespace, 'teller', 'agent', 'one', { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      await put(namespace, 'web', 'agent', 'two', { 'casa.io/mas': 'demo', 'casa.io/app': 'web' });
      const mas = `${namespace}.demo`;
      const flow = { kind: 'flow', event_id: 'f', mas, session_id: null, at: '2026-01-01T00:00:00Z', trace_id: null };
      const what = {
        token_hash: null,
        destination: '192.0.2.1',
        port: 443,
        proto: 'tcp',
        command: '',
        verdict: 'deny',
      };
      const tell = async (token: string, ...events: readonly object[]) => {
        const headers = { authorization: `Bearer ${token}` };
        const payload = { events: events.map((event) => ({ ...flow, ...what, ...event })) };
        return (await runtime.app.inject({ method: 'POST', url: '/events', headers, payload })).statusCode;
      };
      const agent = await tokenOf(home, 'node-agent', 'casa', 'casa-node-agent');
      const namesake = await tokenOf(namespace, 'node-agent', 'casa', 'casa-node-agent');
      await until(async () => (await tell(agent, { app: 'teller' })) === 200);
      expect({
        otherNode: await tell(agent, { app: 'web' }),
        both: await tell(agent, { app: 'teller' }, { app: 'web' }),
        otherKind: await tell(agent, { app: 'teller', kind: 'llm_call_started' }),
        nothing: await tell(agent),
        bundle: await bundle(mas, agent),
        namesake: await tell(namesake, { app: 'teller' }),
      }).toEqual({ otherNode: 400, both: 400, otherKind: 400, nothing: 400, bundle: 401, namesake: 401 });
    });

    it('a pod that is gone, or whose label was changed, speaks for nobody from then on', async () => {
      const namespace = await install();
      const labels = { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' };
      await makePod(namespace, workloads.agent, labels);
      const mas = `${namespace}.demo`;
      const token = await tokenOf(namespace, workloads.agent);
      expect(await bundle(mas, token)).toBe(200);
      await plane.kubectl(['label', 'pod', '-n', namespace, workloads.agent, 'casa.io/app=helper', '--overwrite']);
      await until(async () => (await bundle(mas, token)) === 401);
      await plane.kubectl(['label', 'pod', '-n', namespace, workloads.agent, 'casa.io/app=teller', '--overwrite']);
      await until(async () => (await bundle(mas, token)) === 200);
      await plane.kubectl(['delete', 'pod', '-n', namespace, workloads.agent, '--grace-period=0', '--force']);
      await until(async () => (await bundle(mas, token)) === 401);
      // A new pod of the same name is not the old one.
      await makePod(namespace, workloads.agent, labels);
      expect(await bundle(mas, token)).toBe(401);
      expect(await bundle(mas, await tokenOf(namespace, workloads.agent))).toBe(200);
    });

    it('enforcement points learn the addresses of workloads, of other systems only that they are some', async () => {
      const [namespace, other] = [await install(), await install()];
      await makePod(namespace, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      await makePod(other, workloads.client, { 'casa.io/mas': 'demo', 'casa.io/app': 'web' });
      const mas = `${namespace}.demo`;
      const token = await tokenOf(namespace, workloads.agent);
      const feed = async (known: string, waitSeconds: number) => {
        const headers = { authorization: `Bearer ${token}`, prefer: `wait=${waitSeconds}` };
        return runtime.app.inject({ method: 'GET', url: `/peers/${mas}?known=${known}`, headers });
      };
      const first = (await feed('', 0)).json<PeersFeed>();
      expect((await feed(first.version, 0)).json()).toEqual({ version: first.version, peers: null });
      const news = feed(first.version, 10);
      await address(workloads.agent, namespace, '10.1.0.1');
      expect((await news).json<PeersFeed>().peers).toContainEqual({
        address: '10.1.0.1',
        mas,
        app: 'teller',
        namespace,
        workload: 'teller',
      });
      await address(workloads.client, other, '10.1.0.2');
      const stranger = { address: '10.1.0.2', mas: `${other}.demo`, app: null, namespace: other, workload: null };
      await until(async () => JSON.stringify((await feed('', 0)).json<PeersFeed>().peers).includes('10.1.0.2'));
      expect((await feed('', 0)).json<PeersFeed>().peers).toContainEqual(stranger);
      expect((await runtime.app.inject({ method: 'GET', url: `/peers/${mas}` })).statusCode).toBe(401);
    });

    it('a pod of a system without an enforcement point is a workload, and one that `ingress` names is known by name', async () => {
      const outside = await plane.namespace('outside');
      await core.createNamespacedServiceAccount({ namespace: outside, body: { metadata: { name: 'agent' } } });
      const namespace = await install({ ingress: [{ namespace: outside, workload: 'gateway' }] });
      const mas = `${namespace}.demo`;
      await makePod(namespace, workloads.agent, { 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
      await makePod(namespace, workloads.client, {});
      await makePod(outside, 'gateway', {});
      await address(workloads.client, namespace, '10.1.1.1');
      await address('gateway', outside, '10.1.1.2');
      const authorization = `Bearer ${await tokenOf(namespace, workloads.agent)}`;
      const feed = () => runtime.app.inject({ method: 'GET', url: `/peers/${mas}`, headers: { authorization } });
      await until(async () => (await feed()).body.includes('10.1.1.1') && (await feed()).body.includes('10.1.1.2'));
      const { peers } = (await feed()).json<PeersFeed>();
      expect(peers?.filter((peer) => peer.address.startsWith('10.1.1.'))).toEqual([
        { address: '10.1.1.1', mas, app: 'web', namespace, workload: 'web' },
        { address: '10.1.1.2', mas: null, app: null, namespace: outside, workload: 'gateway' },
      ]);
    });
  },
);
