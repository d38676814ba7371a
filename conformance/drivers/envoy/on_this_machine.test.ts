import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EnvoyBootstrap } from '../../../compiler/envoy/bootstrap.ts';
import { checkAsked } from '../../../compiler/envoy/check_asked.ts';
import { onThisMachine } from './on_this_machine.ts';

const sidecar: EnvoyBootstrap = JSON.parse(
  readFileSync(new URL('../../../compiler/envoy/testdata/agent.sidecar.json', import.meta.url), 'utf8'),
);
const { listeners, clusters } = onThisMachine(sidecar, { app: 4001, destinations: new Map() }).static_resources;

test('every chain, filter and route of the sidecar stays, and no way past Check opens', () => {
  const before = sidecar.static_resources.listeners;
  expect(listeners.map(({ name, filter_chains }) => [name, filter_chains])).toEqual(
    before.map(({ name, filter_chains }) => [name, filter_chains]),
  );
  expect(checkAsked({ static_resources: { listeners, clusters } })).toEqual([]);
});

test('who connects is told by the PROXY protocol, before anything else is read', () => {
  expect(listeners.map(({ listener_filters }) => listener_filters.map(({ name }) => name.split('.').at(-1)))).toEqual([
    ['proxy_protocol'],
    ['proxy_protocol', 'http_inspector'],
  ]);
});

test('no cluster leads off this machine', () => {
  expect(listeners.map(({ address }) => address.socket_address.address)).toEqual(['127.0.0.1', '127.0.0.1']);
  const addresses = JSON.stringify(clusters).matchAll(/"address":"([^"]+)"/g);
  expect([...new Set([...addresses].map(([, address]) => address))]).toEqual(['127.0.0.1']);
});
