import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PepDocument } from '../../policies/pep.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import type { EnvoyBootstrap } from './bootstrap.ts';
import { checkAsked } from './check_asked.ts';
import { emitEnvoy } from './emit_envoy.ts';
import type { EnvoyOptions } from './options.ts';

const testdata = new URL('./testdata/', import.meta.url);
const envoy = new URL('../../.tools/envoy-1.40.0/envoy', import.meta.url).pathname;
// The file is written by hand in this shape.
const bank = JSON.parse(readFileSync(new URL('bank.json', testdata), 'utf8')) as {
  system: CompiledSystem;
  pep: PepDocument;
};
const apps = ['agent', 'client', 'accounts'];
const files = { checkSocket: 'check.sock', adminSocket: 'admin.sock', accessLog: 'access.log' };
const cases: readonly (readonly [name: string, options: EnvoyOptions])[] = apps.flatMap((app) => [
  [`${app}.sidecar`, { mode: 'sidecar', app, appPorts: null, ipv6: false, ...files }] as const,
  [`${app}.ports`, portsOptions(app)] as const,
  ...(app === 'agent'
    ? [[`${app}.sidecar6`, { mode: 'sidecar', app, appPorts: [8081, 8082], ipv6: true, ...files }] as const]
    : []),
]);

function portsOptions(app: string): EnvoyOptions {
  const outbound = [
    { port: 19001, authority: 'accounts.bank:8080', upstreamPort: 19011 },
    { port: 19002, authority: 'agent.bank:8082', upstreamPort: 19012 },
    { port: 19003, authority: 'llm.example.com:8090', upstreamPort: 19013 },
  ];
  const inbound = app === 'client' ? null : { port: 19000, appPort: 19010 };
  return { mode: 'ports', app, ...files, inbound, outbound, sourceAddress: '127.1.0.2' };
}

describe('emitEnvoy', () => {
  test.each(cases)('%s is the golden configuration', (name, options) => {
    const golden = new URL(`${name}.json`, testdata);
    const text = `${JSON.stringify(emitEnvoy(bank, options), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test.each(cases)('%s asks Check about every request of every route', (_name, options) => {
    expect(checkAsked(emitEnvoy(bank, options))).toEqual([]);
  });

  test('an app that the system does not have gets no configuration', () => {
    expect(() => emitEnvoy(bank, { mode: 'sidecar', app: 'ghost', appPorts: null, ipv6: false, ...files })).toThrow(
      /no app named `ghost`/,
    );
  });

  test('an endpoint that cannot be matched by address is left closed', () => {
    const emitted = emitEnvoy(bank, { mode: 'sidecar', app: 'agent', appPorts: null, ipv6: false, ...files });
    const names = emitted.static_resources.listeners.flatMap((listener) =>
      listener.filter_chains.map((chain) => `${listener.name}/${chain.name}`),
    );
    expect(names).toEqual(['inbound/app', 'outbound/http', 'outbound/tcp_10.20.0.0/16:5432']);
    const clusters = emitted.static_resources.clusters.map((cluster) => cluster.name);
    expect(clusters).not.toContain('to_db.example.com:5432');
  });
});

describe('checkAsked', () => {
  const emitted = () =>
    structuredClone(emitEnvoy(bank, { mode: 'sidecar', app: 'agent', appPorts: null, ipv6: false, ...files }));
  const plant = (find: string, replace: string): EnvoyBootstrap => {
    const text = JSON.stringify(emitted());
    expect(text).toContain(find);
    // A bootstrap with one text replaced has the same shape where it matters.
    return JSON.parse(text.replace(find, replace)) as EnvoyBootstrap;
  };

  test.each([
    ['"failure_mode_allow":false', '"failure_mode_allow":true', 'lets through what it could not check'],
    ['"allow_partial_message":false', '"allow_partial_message":true', 'sees a part of the body'],
    ['"check_settings":{', '"disabled":true,"check_settings":{', 'ext_authz is off'],
    ['"casa.direction":', '"direction":', 'is not told who asks'],
    ['"http_filters":[', '"http_filters":[{"name":"envoy.filters.http.router"},', 'is not the first filter'],
    ['"prefix_ranges":', '"other":', 'forwards TCP to any address'],
  ])('finds the hole that %s made into %s leaves', (find, replace, hole) => {
    expect(checkAsked(plant(find, replace)).join('\n')).toContain(hole);
  });
});

describe.skipIf(!existsSync(envoy))('the real Envoy', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'casa-envoy-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(cases)('accepts %s', (name, options) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(emitEnvoy(bank, options)));
    const argv = ['--mode', 'validate', '--reject-unknown-dynamic-fields', '--disable-hot-restart', '-c', file];
    const { status, stderr } = spawnSync(envoy, argv, { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).not.toMatch(/deprecated|unknown field/i);
  });
});
