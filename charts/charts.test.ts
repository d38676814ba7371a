import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  type ControlPlane,
  installCrds,
  noControlPlane,
  startControlPlane,
} from '../runtime/kubernetes/testing/control_plane.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const helmProgram = `${root}.tools/helm-4.2.3/helm`;
const why = existsSync(helmProgram) ? noControlPlane : 'no helm: `node scripts/install_helm.mjs` brings it';

function helm(...argv: readonly string[]): string {
  return execFileSync(helmProgram, argv, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function render(
  chart: string,
  namespace: string,
  ...flags: readonly string[]
): readonly { kind: string; metadata: { name: string } }[] {
  const text = helm('template', 'casa', `charts/${chart}`, '-n', namespace, ...flags);
  return parseAllDocuments(text).flatMap((document) => document.toJS() ?? []);
}

describe.skipIf(why)(`the charts, judged by helm and a real API server${why === null ? '' : ` (${why})`}`, () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
    await installCrds(plane);
    for (const name of ['casa-runtime', 'bank', 'casa-demo-llm'])
      await plane.kubectl(['create', '--save-config', 'namespace', name]);
  }, 120_000);
  afterAll(() => plane?.stop());

  it.each([
    ['casa-runtime', 'casa-runtime', []],
    [
      'casa-runtime',
      'casa-runtime',
      ['--set', 'authService.replicaCount=3,postgresKeycloak.enabled=true,keycloak.enabled=true'],
    ],
    [
      'casa-runtime',
      'casa-runtime',
      ['--set', 'postgresAuth.enabled=false,webhook.injection=false,explorer.enabled=false'],
    ],
    [
      'casa-runtime',
      'casa-runtime',
      [
        '--set',
        'nodeAgent.enabled=true,nodeAgent.hosts.llm\\.example\\.com[0]=10.0.0.7,nodeAgent.kubepods=/sys/fs/cgroup/kubepods',
      ],
    ],
    ['casa-demo', 'bank', []],
  ])('the API server takes every object of `%s` in `%s` with %j', async (chart, namespace, flags) => {
    expect(helm('lint', '--strict', `charts/${chart}`, ...flags)).toContain('0 chart(s) failed');
    const items = render(chart, namespace, ...flags);
    const applied = await plane.kubectl(
      ['apply', '--dry-run=server', '--validate=strict', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    );
    expect(applied.stderr).toBe('');
    expect(applied.stdout.trim().split('\n')).toHaveLength(items.length);
  });

  it('the published names are there', () => {
    const names = render('casa-runtime', 'casa-runtime').map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toEqual(expect.arrayContaining(['Service/casa-auth-service', 'Service/casa-ui-explorer']));
  });

  it.each([
    'authService.replicaCount=0',
    'postgresAuth.enable=true',
    'authService.replicaCount=2,postgresAuth.enabled=false',
    'keycloak.enabled=true',
    'image.runtime=casa-runtime:0.1.0',
  ])('a mistake in the values is refused: %s', (set) => {
    expect(() => render('casa-runtime', 'casa-runtime', '--set', set)).toThrow();
  });

  it('the chart brings the very CRDs that the runtime reads', () => {
    for (const name of ['multiagentsystems', 'casapolicies']) {
      const file = (folder: string) => readFileSync(`${root}${folder}/${name}.casa.io.yaml`, 'utf8');
      expect(file('charts/casa-runtime/crds')).toBe(file('crds'));
    }
  });

  it('the runtime may do what its controller does, and may not read secrets or change pods', async () => {
    const items = render('casa-runtime', 'casa-runtime').filter(({ kind }) => /Role|ServiceAccount/.test(kind));
    await plane.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const can = async (verb: string, ...what: readonly string[]) => {
      const user = '--as=system:serviceaccount:casa-runtime:casa-auth-service';
      return (await plane.kubectl(['auth', 'can-i', verb, ...what, user])).stdout.trim();
    };
    expect([
      await can('watch', 'multiagentsystems.casa.io', '--all-namespaces'),
      await can('patch', 'multiagentsystems.casa.io', '--subresource=status', '-n', 'bank'),
      await can('update', 'leases.coordination.k8s.io/casa-runtime', '-n', 'casa-runtime'),
      await can('create', 'tokenreviews.authentication.k8s.io'),
    ]).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect([
      await can('get', 'secrets', '-n', 'casa-runtime'),
      await can('create', 'pods', '-n', 'bank'),
      await can('delete', 'multiagentsystems.casa.io', '-n', 'bank'),
      await can('patch', 'casapolicies.casa.io', '-n', 'bank'),
    ]).toEqual(['no', 'no', 'no', 'no']);
  });
});
