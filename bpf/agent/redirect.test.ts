import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attemptIn, type KernelGround, openGround, whyNoKernel } from '../testing/kernel_ground.ts';
import { open } from '../testing/open_agent.ts';
import { parseAgentConfig } from './config.ts';

const hasTools = ['ip', 'iptables', 'nsenter'].every((tool) => spawnSync(tool, ['--version']).error === undefined);
const why = whyNoKernel ?? (hasTools ? null : 'no ip, iptables or nsenter');
const proxyPort = 15_001;

describe.skipIf(why !== null)(`beside a proxy that iptables redirects to (skipped where it cannot run: ${why})`, () => {
  const namespace = `casa-bpf-${randomBytes(4).toString('hex')}`;
  let ground: KernelGround;
  let proxy: ChildProcess;

  beforeAll(async () => {
    ground = openGround();
    run('ip', ['netns', 'add', namespace]);
    run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    run('ip', ['-n', namespace, 'route', 'add', 'default', 'dev', 'lo']);
    const rule = ['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', String(proxyPort)];
    run('nsenter', [`--net=/run/netns/${namespace}`, 'iptables', ...rule]);
    const accept = `require('node:net').createServer((s) => s.end()).listen(${proxyPort}, () => console.log('ready'))`;
    proxy = spawn('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, '-e', accept]);
    await new Promise((resolve) => proxy.stdout?.once('data', resolve));
  });
  afterAll(async () => {
    proxy.kill();
    run('ip', ['netns', 'del', namespace]);
    await ground.close();
  });

  test('the rows are the destinations that the app names, and the rest gets EPERM before it is redirected', async () => {
    const cgroup = ground.makeCgroup('app');
    const mapsFile = join(ground.folder, 'maps.json');
    const rows = [{ proto: 'tcp', port: 8080, name: 'ledger', namespace: 'bank' }];
    writeFileSync(mapsFile, JSON.stringify({ mas: 'bank.shop', apps: [{ app: 'teller', policy: '', rows }] }));
    const { pinFolder, objectFile } = ground;
    const config = parseAgentConfig({ pinFolder, objectFile, mapsFile, apps: [{ app: 'teller', cgroup }] });
    expect(await attemptIn(namespace, cgroup, '192.0.2.9', 443)).toBe('ok');
    const { agent } = await open(config, async () => ({ addresses: ['192.0.2.7'], ttlMs: 60_000 }));
    expect(await attemptIn(namespace, cgroup, '192.0.2.7', 8080)).toBe('ok');
    expect(await attemptIn(namespace, cgroup, '192.0.2.9', 443)).toBe('EPERM');
    expect(await attemptIn(namespace, cgroup, '127.0.0.1', proxyPort)).toBe('EPERM');
    await agent.close();
  });
});

function run(program: string, argv: readonly string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${stderr}`);
}
