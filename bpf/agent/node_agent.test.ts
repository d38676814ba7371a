import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MapRow } from '../../policies/maps.ts';
import { attempt, attemptSocket, flood, type KernelGround, openGround, whyNoKernel } from '../testing/kernel_ground.ts';
import { open } from '../testing/open_agent.ts';
import { type AgentConfig, parseAgentConfig } from './config.ts';
import type { Resolver } from './names/resolver.ts';

const denied = 'EPERM';
const settleMs = 700; // more than the agent waits until it looks at maps.json again

describe.skipIf(whyNoKernel !== null)(`processes in a cgroup (skipped where it cannot run: ${whyNoKernel})`, () => {
  let ground: KernelGround;
  const servers: { [address: string]: number } = {};
  const closers: (() => void)[] = [];
  let made = 0;

  beforeAll(async () => {
    ground = openGround();
    for (const address of ['127.0.0.1', '127.0.0.2', '127.9.0.1', '::1']) {
      servers[address] = await listen(address, (close) => closers.push(close));
    }
  });
  afterAll(async () => {
    for (const close of closers) close();
    await ground.close();
  });

  const port = (address: string) => servers[address] ?? 0;

  /** One app in a cgroup of its own, with an agent that pins in a folder of its own. */
  function place(rows: readonly MapRow[], more: object = {}) {
    made += 1;
    const cgroup = ground.makeCgroup(`app${made}`);
    const mapsFile = join(ground.folder, `maps${made}.json`);
    const writeRows = (next: readonly MapRow[]) =>
      writeFileSync(mapsFile, JSON.stringify({ mas: 'shop.bank', apps: [{ app: 'teller', policy: '', rows: next }] }));
    writeRows(rows);
    const config = parseAgentConfig({
      pinFolder: `${ground.pinFolder}${made}`,
      objectFile: ground.objectFile,
      mapsFile,
      apps: [{ app: 'teller', cgroup, alsoAllow: [] }],
      ...more,
    });
    return { cgroup, config, writeRows, mapsFile };
  }

  test('without an agent the same processes reach everything', async () => {
    const { cgroup } = place([]);
    for (const how of ['tcp', 'udp', 'udp-connected']) {
      expect(await attempt(cgroup, how, '::ffff:127.0.0.1', port('127.0.0.1'))).toBe('ok');
    }
  });

  test('an app without rows gets EPERM for every kind of connection, and says nothing by UDP', async () => {
    const { cgroup, config } = place([]);
    const { agent } = await open(config);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const known = port(address.replace('::ffff:', ''));
      for (const how of ['tcp', 'udp', 'udp-connected']) {
        expect({ how, address, got: await attempt(cgroup, how, address, known) }).toEqual({
          how,
          address,
          got: denied,
        });
      }
    }
    await agent.close();
  });

  test('an app reaches its rows and nothing beside them', async () => {
    const { cgroup, config } = place(
      [
        { proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' },
        { proto: 'tcp', port: port('::1'), cidr: '::1/128' },
        { proto: 'tcp', port: port('127.9.0.1'), cidr: '127.8.0.0/15' },
      ],
      { alsoAllow: [{ proto: 'udp', port: port('127.0.0.2'), cidr: '127.0.0.2/32' }] },
    );
    const { agent } = await open(config);
    const results = await Promise.all([
      attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1')),
      attempt(cgroup, 'tcp', '::1', port('::1')),
      attempt(cgroup, 'tcp', '::ffff:127.0.0.1', port('127.0.0.1')),
      attempt(cgroup, 'tcp', '127.9.0.1', port('127.9.0.1')),
      attempt(cgroup, 'udp', '127.0.0.2', port('127.0.0.2')),
      attempt(cgroup, 'udp', '::ffff:127.0.0.2', port('127.0.0.2')),
    ]);
    expect(results).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
    const beside = await Promise.all([
      attempt(cgroup, 'tcp', '127.0.0.1', port('::1')),
      attempt(cgroup, 'tcp', '127.0.0.2', port('127.0.0.2')),
      attempt(cgroup, 'tcp', '127.0.0.2', port('127.9.0.1')),
      attempt(cgroup, 'udp', '127.0.0.1', port('127.0.0.1')),
      attempt(cgroup, 'tcp', '0.0.0.0', port('127.0.0.1')),
    ]);
    expect(beside).toEqual([denied, denied, denied, denied, denied]);
    await agent.close();
  });

  test('loopback is open where a row says so, on any port with port 0', async () => {
    const { cgroup, config } = place([], { alsoAllow: [{ proto: 'tcp', port: 0, cidr: '127.0.0.0/8' }] });
    const { agent } = await open(config);
    expect(await attempt(cgroup, 'tcp', '127.9.0.1', port('127.9.0.1'))).toBe('ok');
    expect(await attempt(cgroup, 'tcp', '::ffff:127.0.0.1', port('127.0.0.1'))).toBe('ok');
    expect(await attempt(cgroup, 'tcp', '::1', port('::1'))).toBe(denied);
    expect(await attempt(cgroup, 'udp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    await agent.close();
  });

  test('rows for all of IPv6 open no IPv4', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '::/0' }]);
    const { agent } = await open(config);
    expect(await attempt(cgroup, 'tcp', '::ffff:127.0.0.1', port('127.0.0.1'))).toBe(denied);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    await agent.close();
  });

  test('sockets that would go past the hooks cannot be made, and MPTCP counts as TCP', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const { agent, flows } = await open(config);
    const [ipv4, stream, raw, icmp, mptcp] = [2, 1, 3, 1, 262];
    expect(await attemptSocket(cgroup, ipv4, raw, icmp)).toBe(denied);
    expect(await attemptSocket(cgroup, ipv4, stream, mptcp, '127.0.0.1', port('127.0.0.1'))).toBe('ok');
    expect(await attemptSocket(cgroup, ipv4, stream, mptcp, '127.0.0.2', port('127.0.0.2'))).toBe(denied);
    await agent.close();
    expect(flows.map(({ destination }) => destination)).toContain('socket of protocol 1');
  });

  test('a cgroup below the own frees of nothing', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const { agent } = await open(config);
    const below = join(cgroup, 'below', 'and-below');
    mkdirSync(below, { recursive: true });
    expect(await attempt(below, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe('ok');
    expect(await attempt(below, 'tcp', '127.0.0.2', port('127.0.0.2'))).toBe(denied);
    await agent.close();
  });

  test('a row that is removed from maps.json closes, one that is added opens', async () => {
    const { cgroup, config, writeRows } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const { agent } = await open(config);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe('ok');
    writeRows([{ proto: 'tcp', port: port('127.0.0.2'), cidr: '127.0.0.2/32' }]);
    await pause(settleMs);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    expect(await attempt(cgroup, 'tcp', '127.0.0.2', port('127.0.0.2'))).toBe('ok');
    await agent.close();
  });

  test('a name opens the addresses it resolves to, and no loopback that a DNS server says', async () => {
    const row = { proto: 'tcp', port: port('127.0.0.1'), fqdn: 'llm.example' } as const;
    const { cgroup, config } = place([row]);
    const resolver: Resolver = async () => ({ addresses: ['127.0.0.1', '192.0.2.7'], ttlMs: 60_000 });
    const { agent, issues } = await open(config, resolver);
    expect(issues).toMatchObject([{ code: 'address_refused', resource: 'name/llm.example' }]);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    await agent.close();
  });

  test('denials and sampled allows arrive as flows with app, destination and time', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }], {
      allowSampleOneIn: 1,
    });
    const { agent, flows } = await open(config);
    const startedMs = Date.now();
    await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'));
    await attempt(cgroup, 'tcp', '::1', port('::1'));
    const counts = agent.counts();
    await agent.close();
    const facts = { kind: 'flow', mas: 'shop.bank', app: 'teller', session_id: null };
    expect(flows).toMatchObject([
      { ...facts, destination: '127.0.0.1', port: port('127.0.0.1'), verdict: 'allow' },
      { ...facts, destination: '::1', port: port('::1'), verdict: 'deny' },
    ]);
    for (const { at } of flows) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(startedMs - 5);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now() + 5);
    }
    expect(counts).toEqual({ allowed: 1, denied: 1, lost: 0, tokens: null });
  });

  test('a flood of denials is denied to the last one, and what the ring could not hold is counted', async () => {
    const { cgroup, config } = place([]);
    await (await open(config)).agent.close();
    const sent = 20_000; // the ring holds some 14,500
    expect(await flood(cgroup, '127.0.0.1', port('127.0.0.1'), sent)).toBe(sent);
    const { agent, flows } = await open(config);
    const counts = agent.counts();
    await agent.close();
    expect(counts.denied).toBe(sent);
    expect(counts.lost).toBeGreaterThan(0);
    expect(flows.length + counts.lost).toBe(sent);
  });

  test('an agent that is killed leaves its rows enforced, and the next one goes on from them', async () => {
    const { cgroup, config, writeRows } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const killed = await startProcess(config, ground.folder);
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('exit', resolve));
    await pause(settleMs);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe('ok');
    expect(await attempt(cgroup, 'tcp', '127.0.0.2', port('127.0.0.2'))).toBe(denied);
    writeRows([{ proto: 'tcp', port: port('127.0.0.2'), cidr: '127.0.0.2/32' }]);
    const { agent } = await open(config);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    expect(await attempt(cgroup, 'tcp', '127.0.0.2', port('127.0.0.2'))).toBe('ok');
    await agent.close();
  });

  test('what is pinned for a cgroup that is gone is removed by the next agent', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: 443, cidr: '192.0.2.1/32' }]);
    await (await open(config)).agent.close();
    const links = join(config.pinFolder, 'links');
    expect(readdirSync(links)).toHaveLength(1);
    await ground.removeCgroup(cgroup);
    // The kernel lets go of a removed cgroup in its own time.
    await vi.waitFor(async () => {
      await (await open(withCgroups(config, []))).agent.close();
      expect(readdirSync(links)).toEqual([]);
    }, 5_000);
  });

  test('a maps.json with mistakes is an issue, and the last rows stay', async () => {
    const { cgroup, config, mapsFile } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const { agent, issues } = await open(config);
    writeFileSync(
      mapsFile,
      '{"mas":"shop.bank","apps":[{"app":"teller","policy":"","rows":[{"proto":"tcp","port":0}]}]}',
    );
    await pause(settleMs);
    expect(issues).toMatchObject([{ code: 'maps_malformed', path: 'apps[0].rows[0].port' }]);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe('ok');
    await agent.close();
  });

  test('an app that maps.json does not name reaches nothing, and is an issue', async () => {
    const { cgroup, config } = place([{ proto: 'tcp', port: port('127.0.0.1'), cidr: '127.0.0.1/32' }]);
    const { agent, issues } = await open(withCgroups(config, [{ app: 'tellr', cgroup }]));
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', port('127.0.0.1'))).toBe(denied);
    expect(issues).toMatchObject([{ code: 'unknown_app', resource: 'app/tellr' }]);
    await agent.close();
  });

  test('places that are no cgroup, no bpffs or no object are refused with their reason', async () => {
    const { config } = place([]);
    await expect(open(withCgroups(config, [{ app: 'teller', cgroup: ground.folder }]))).rejects.toThrow(/no cgroup v2/);
    await expect(open({ ...config, pinFolder: join(ground.folder, 'pins') })).rejects.toThrow(/not on bpffs/);
    const pinFolder = `${ground.pinFolder}-other`;
    await expect(open({ ...config, pinFolder, objectFile: '/nowhere.o' })).rejects.toThrow(/there is no/);
    await expect(open({ ...config, pinFolder, objectFile: import.meta.filename })).rejects.toThrow(/no object/);
  });
});

/** The agent as a process, by the door that `casa node` opens; resolves when it is ready. */
async function startProcess(config: AgentConfig, folder: string): Promise<ChildProcess> {
  const configFile = join(folder, `${randomUUID()}.json`);
  const { source, ...same } = config;
  if (source.kind !== 'file') throw new Error('this ground has no cluster');
  const { mapsFile, cgroups: apps } = source;
  writeFileSync(configFile, JSON.stringify({ ...same, mapsFile, apps }));
  const door = join(import.meta.dirname, '../../dist/bpf/agent/main.js');
  const agent = spawn(process.execPath, [door, '--config', configFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    agent.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('"msg":"ready"') && resolve());
    agent.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
  });
  return agent;
}

/** TCP and UDP on one free port of an address. */
async function listen(address: string, onClose: (close: () => void) => void): Promise<number> {
  const server: Server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's address is no pipe
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  onClose(() => {
    server.close();
    socket.close();
  });
  return port;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function withCgroups(
  config: AgentConfig,
  cgroups: readonly { readonly app: string; readonly cgroup: string }[],
): AgentConfig {
  const mapsFile = config.source.kind === 'file' ? config.source.mapsFile : '';
  const whole = { mas: null, extent: 'whole', hashesTokens: false, alsoAllow: [], alsoNamed: [] } as const;
  return { ...config, source: { kind: 'file', mapsFile, cgroups: cgroups.map((one) => ({ ...whole, ...one })) } };
}
