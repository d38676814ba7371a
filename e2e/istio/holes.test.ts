import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkable, checkAsked } from '../../compiler/envoy/check_asked.ts';
import { emitIstio } from '../../compiler/istio/emit_istio.ts';
import type { ConfigPatch, EnvoyFilter } from '../../compiler/istio/objects.ts';
import { istioOptions } from '../../compiler/istio/options.ts';
import { compileText } from '../../compiler/testing.ts';
import { applyEnvoyFilters } from './apply_envoy_filters.ts';
import { istioEnvoy } from './istio_envoy.ts';
import { istioProxy } from './istio_proxy.ts';

const envoy = new URL('../../.tools/envoy-1.40.0/envoy', import.meta.url).pathname;
const input = readFileSync(new URL('../../compiler/istio/testdata/outside/input.yaml', import.meta.url), 'utf8');
const [desk] = compileText(input).systems;
if (desk === undefined) throw new Error('the desk does not compile');
const apps = Object.keys(desk.pep.apps);

/** What Istio makes of our objects, without some patches of them. */
function patched(app: string, keep: (patch: ConfigPatch) => boolean): Checkable {
  const objects = emitIstio('desk', [desk as NonNullable<typeof desk>], istioOptions); // checked above
  const filters = objects
    .filter((object): object is EnvoyFilter => object.kind === 'EnvoyFilter')
    .filter(({ spec }) => spec.workloadSelector.labels['casa.io/app'] === app)
    .map((object) => ({ ...object, spec: { ...object.spec, configPatches: object.spec.configPatches.filter(keep) } }));
  // `as`: Envoy's own shape, which both sides have.
  const proxy = applyEnvoyFilters(istioProxy(desk as NonNullable<typeof desk>, app, objects), filters);
  return { static_resources: proxy } as unknown as Checkable;
}

describe("an app's istio-proxy with our patches", () => {
  test.each(apps)('%s: leaves no way past Check open', (app) => {
    expect(checkAsked(patched(app, () => true))).toEqual([]);
  });

  test.each([
    ['HTTP_FILTER', 'ext_authz is not the first filter'],
    ['ROUTE_CONFIGURATION', 'Check is not told who asks'],
    ['NETWORK_FILTER', 'forwards TCP to any address'],
  ])('without its %s patches it is open, and that is seen', (applyTo, hole) => {
    const holes = checkAsked(patched('clerk', (patch) => patch.applyTo !== applyTo));
    expect(holes.join('\n')).toContain(hole);
  });

  test('a port that no Service names is open without the patch that removes it', () => {
    const chains = (keep: (patch: ConfigPatch) => boolean) =>
      patched('clerk', keep).static_resources.listeners.flatMap(({ name, filter_chains }) =>
        name === 'virtualInbound' ? filter_chains.map((chain) => chain.name) : [],
      );
    const catchAlls = ['virtualInbound-catchall-http', 'virtualInbound'];
    expect(chains(() => true).filter((name) => catchAlls.includes(name))).toEqual([]);
    expect(chains(({ applyTo }) => applyTo !== 'FILTER_CHAIN')).toEqual(expect.arrayContaining(catchAlls));
  });
});

describe.skipIf(!existsSync(envoy))('the real Envoy', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'casa-istio-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(apps)('accepts what the patches make of the istio-proxy of %s', (app) => {
    const file = join(folder, `${app}.json`);
    const files = { checkSocket: 'check.sock', adminSocket: 'admin.sock', accessLog: 'access.log' };
    const made = istioEnvoy.make(desk as NonNullable<typeof desk>, {
      mode: 'sidecar',
      app,
      appPorts: null,
      ipv6: false,
      ...files,
    });
    writeFileSync(file, JSON.stringify(made));
    const argv = ['--mode', 'validate', '--reject-unknown-dynamic-fields', '--disable-hot-restart', '-c', file];
    const { status, stderr } = spawnSync(envoy, argv, { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).not.toMatch(/deprecated|unknown field/i);
  });
});
