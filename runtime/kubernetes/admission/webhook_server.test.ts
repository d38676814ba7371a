import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compile } from '../../../compiler/compile.ts';
import { sortIssues } from '../../../crds/issue.ts';
import { loadResources } from '../../../crds/load.ts';
import { renderIssue } from '../../../crds/render_issue.ts';
import { bank } from '../../http/testing/bank.ts';
import { type CustomKind, type CustomResource, parseCustomResource } from '../reconcile/custom_resource.ts';
import { type ControlPlane, installCrds, noControlPlane, startControlPlane, until } from '../testing/control_plane.ts';
import { WebhookServer } from './webhook_server.ts';

const skipped = noControlPlane === null ? '' : ` (${noControlPlane})`;

describe.skipIf(noControlPlane)(`the webhooks asked by a real API server${skipped}`, () => {
  let plane: ControlPlane;
  let server: WebhookServer;
  let known: readonly CustomResource[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'casa-webhook-'));

  beforeAll(async () => {
    plane = await startControlPlane();
    await installCrds(plane);
    const [key, certificate] = makeCertificate(folder);
    const injection = { sidecarImage: 'casa/sidecar:1', runtimeUrl: 'http://runtime.test', keycloakUrl: null };
    server = new WebhookServer({ certificate, key, host: '127.0.0.1', port: 0, known: () => known, injection });
    const items = configurations(await server.listen(), certificate);
    const applied = await apply({ apiVersion: 'v1', kind: 'List', items });
    expect(applied.stderr).toBe('');
    const namespace = await plane.namespace('warm');
    const [policy] = bank(namespace).policies;
    // A webhook takes a moment to act.
    await until(async () => (await apply(policy, '--dry-run=server')).stderr.includes('no MultiAgentSystem'));
  }, 120_000);

  afterAll(async () => {
    await server?.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const apply = (object: unknown, ...flags: readonly string[]) =>
    plane.kubectl(['apply', ...flags, '-f', '-'], JSON.stringify(object));

  it.each(['five_mistakes', 'contradictions', 'bank', 'published'])(
    'the verdict on `%s` is that of `casa lint`',
    async (name) => {
      const text = readFileSync(new URL(`../../../compiler/testdata/${name}/input.yaml`, import.meta.url), 'utf8');
      const values = parseAllDocuments(text).map((document) => document.toJS() as unknown);
      const parsed = values.flatMap((value) => {
        const kind = (value as { kind: CustomKind } | null)?.kind;
        const resource = kind === 'MultiAgentSystem' || kind === 'CASAPolicy' ? parseCustomResource(value, kind) : null;
        return resource === null ? [] : [{ value, resource }];
      });
      for (const namespace of new Set(parsed.map(({ resource }) => resource.metadata.namespace))) {
        await plane.kubectl(['create', 'namespace', namespace]);
      }
      const loaded = loadResources([{ source: 'input.yaml', text }]);
      const issues = sortIssues([...loaded.issues, ...compile(loaded).issues]);
      known = parsed.map(({ resource }) => resource);
      for (const { value, resource } of parsed) {
        const id = `${resource.kind.toLowerCase()}/${resource.metadata.namespace}/${resource.metadata.name}`;
        const errors = issues.filter(({ resource: of, severity }) => of === id && severity === 'error');
        const { ok, stderr } = await apply(value, '--dry-run=server', '--validate=false');
        expect({ id, ok, stderr }).toMatchObject({ ok: errors.length === 0 });
        // What the schema of the CRD refuses never reaches the webhook.
        if (!stderr.includes('denied the request')) continue;
        for (const error of errors) expect(stderr).toContain(renderIssue(withoutPlace(error)));
      }
      known = [];
    },
  );

  it('a change that breaks another resource is refused, and what was broken before is not held against it', async () => {
    const namespace = await plane.namespace('breaks');
    const { multiAgentSystem, policies } = bank(namespace);
    known = [multiAgentSystem, ...policies].flatMap((value) => {
      const resource = parseCustomResource(value, Reflect.get(value, 'kind') as CustomKind);
      return resource === null ? [] : [resource];
    });
    const less = bank(namespace, { apps: [{ ...solo, name: 'teller', kubernetesWorkloadName: 'teller' }] });
    const refused = await apply(less.multiAgentSystem, '--dry-run=server');
    expect(refused.stderr).toContain('no app named `archive`');
    expect((await apply(multiAgentSystem, '--dry-run=server')).ok).toBe(true);
    known = [];
  });

  it('a pod of a namespace under injection gets its enforcement point, and one that gets round it is refused', async () => {
    const namespace = await plane.namespace('inject', { 'casa.io/injection': 'enabled' });
    const system = parseCustomResource(bank(namespace).multiAgentSystem, 'MultiAgentSystem');
    known = system === null ? [] : [system];
    const pod = (name: string, spec = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'example.test/app:1' }], ...spec },
    });
    expect((await apply(pod('teller'))).stderr).toBe('');
    const { stdout } = await plane.kubectl(['get', 'pod', 'teller', '-n', namespace, '-o', 'json']);
    const made = JSON.parse(stdout);
    expect(made.spec.initContainers.map((entry: { name: string }) => entry.name)).toEqual([
      'casa-redirect',
      'casa-sidecar',
    ]);
    expect(made.metadata.labels).toMatchObject({ 'casa.io/mas': 'demo', 'casa.io/app': 'teller' });
    expect((await apply(pod('helper', { hostNetwork: true }))).stderr).toContain('`hostNetwork` gets round');
    expect((await apply(pod('stray'))).stderr).toContain('is no app of a MultiAgentSystem');
    const copy = { ...made, metadata: { name: 'teller', namespace, labels: made.metadata.labels } };
    await plane.kubectl(['delete', 'pod', 'teller', '-n', namespace, '--force']);
    expect((await apply(copy)).stderr).toBe('');
    const again = JSON.parse((await plane.kubectl(['get', 'pod', 'teller', '-n', namespace, '-o', 'json'])).stdout);
    expect(again.spec.initContainers).toEqual(made.spec.initContainers);
    known = [];
  });
});

const certificateTool = 'openssl';

const solo = { type: 'agent', baseUrl: { host: 'teller:8080', scheme: 'http' } };

function withoutPlace<T extends { readonly line?: number; readonly column?: number; readonly source?: string }>(
  issue: T,
) {
  const { line: _line, column: _column, source: _source, ...rest } = issue;
  return rest;
}

function makeCertificate(folder: string): readonly [key: string, certificate: string] {
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  execFileSync(
    certificateTool,
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...['-subj', '/CN=casa', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  return [readFileSync(key, 'utf8'), readFileSync(certificate, 'utf8')];
}

function configurations(url: string, certificate: string): readonly object[] {
  const webhook = (name: string, path: string) => ({
    name,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    timeoutSeconds: 10,
    failurePolicy: 'Fail',
    clientConfig: { url: `${url}${path}`, caBundle: Buffer.from(certificate).toString('base64') },
  });
  const rule = (apiGroups: readonly string[], resources: readonly string[], operations: readonly string[]) => ({
    apiGroups,
    resources,
    operations,
    apiVersions: ['*'],
  });
  const validate = {
    ...webhook('validate.casa.io', '/validate'),
    rules: [rule(['casa.io'], ['multiagentsystems', 'casapolicies'], ['CREATE', 'UPDATE'])],
  };
  const inject = {
    ...webhook('inject.casa.io', '/inject'),
    rules: [rule([''], ['pods'], ['CREATE'])],
    namespaceSelector: { matchLabels: { 'casa.io/injection': 'enabled' } },
    reinvocationPolicy: 'IfNeeded',
  };
  const api = 'admissionregistration.k8s.io/v1';
  return [
    { apiVersion: api, kind: 'ValidatingWebhookConfiguration', metadata: { name: 'casa' }, webhooks: [validate] },
    { apiVersion: api, kind: 'MutatingWebhookConfiguration', metadata: { name: 'casa' }, webhooks: [inject] },
  ];
}
