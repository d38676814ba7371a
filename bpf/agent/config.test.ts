import { expect, test } from 'vitest';
import { parseAgentConfig } from './config.ts';

const least = { pinFolder: '/pins', objectFile: '/connect.o', mapsFile: '/maps.json', apps: [] };

test('what is not said is what opens nothing', () => {
  expect(parseAgentConfig(least)).toEqual({
    pinFolder: '/pins',
    objectFile: '/connect.o',
    tokenObjectFile: null,
    source: { kind: 'file', mapsFile: '/maps.json', cgroups: [] },
    alsoAllow: [],
    hosts: {},
    clusterDomain: 'cluster.local',
    allowSampleOneIn: 0,
    runtime: null,
  });
});

test('every mistake of a configuration is told at once', () => {
  const value = {
    pinFolder: 'pins',
    mapsFile: '/maps.json',
    apps: [
      { app: '', cgroup: '/a' },
      { app: 'x', cgroup: '/a' },
    ],
    alsoAllow: [{ proto: 'icmp', port: 70_000, cidr: 'all' }],
    hosts: { ledger: ['nowhere'] },
    allowSampleOneIn: -1,
  };
  const told = [
    '`allowSampleOneIn` must be a whole number from 0',
    '`pinFolder` must be an absolute path',
    '`objectFile` must be an absolute path',
    '`apps[0].app` must be a non-empty string',
    '`apps` names a cgroup twice',
    '`alsoAllow[0].proto` must be `tcp` or `udp`',
    '`alsoAllow[0].port` must be a port number, or 0 for any',
    '`alsoAllow[0].cidr` must be a prefix',
    '`hosts.ledger` must be a list of addresses',
  ];
  expect(() => parseAgentConfig(value)).toThrow(told.join('; '));
  expect(() => parseAgentConfig(null)).toThrow('`apps` must be a list');
});
