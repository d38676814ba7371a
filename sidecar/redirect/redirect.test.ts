import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolPath } from '../process/tool.ts';
import { redirectRules, removalRules } from './rules.ts';

const main = fileURLToPath(new URL('../../dist/sidecar/redirect/main.js', import.meta.url));
const redirection = { inboundPort: 15_001, outboundPort: 15_002, proxyUid: 1337, resolvers: ['10.96.0.10', 'fd00::a'] };

test('a new connection of anybody but the proxy leaves through Envoy, and questions go to the name servers alone', () => {
  expect(redirectRules(4, redirection, '').split('\n')).toEqual([
    '*nat',
    ':CASA_PREROUTING - [0:0]',
    ':CASA_OUTPUT - [0:0]',
    '-A CASA_PREROUTING -p tcp -j REDIRECT --to-ports 15001',
    '-A CASA_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN',
    '-A CASA_OUTPUT -p tcp -o lo ! -d 127.0.0.1/32 -m owner --uid-owner 1337 -j REDIRECT --to-ports 15001',
    '-A CASA_OUTPUT -m owner --uid-owner 1337 -j RETURN',
    '-A CASA_OUTPUT -d 127.0.0.0/8 -j RETURN',
    '-A CASA_OUTPUT -d 10.96.0.10 -p udp --dport 53 -j RETURN',
    '-A CASA_OUTPUT -d 10.96.0.10 -p tcp --dport 53 -j RETURN',
    '-A CASA_OUTPUT -p tcp -j REDIRECT --to-ports 15002',
    '-I PREROUTING 1 -j CASA_PREROUTING',
    '-I OUTPUT 1 -j CASA_OUTPUT',
    'COMMIT',
    '*filter',
    ':CASA_INPUT - [0:0]',
    ':CASA_OUTPUT - [0:0]',
    '-A CASA_INPUT -i lo -j RETURN',
    '-A CASA_INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
    '-A CASA_INPUT -p tcp --dport 15001 -j RETURN',
    '-A CASA_INPUT -j DROP',
    '-A CASA_OUTPUT -o lo -j RETURN',
    '-A CASA_OUTPUT -d 127.0.0.0/8 -j RETURN',
    '-A CASA_OUTPUT -m owner --uid-owner 1337 -j RETURN',
    '-A CASA_OUTPUT -d 10.96.0.10 -p udp --dport 53 -j RETURN',
    '-A CASA_OUTPUT -d 10.96.0.10 -p tcp --dport 53 -j RETURN',
    '-A CASA_OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -j RETURN',
    '-A CASA_OUTPUT -j REJECT',
    '-I INPUT 1 -j CASA_INPUT',
    '-I OUTPUT 1 -j CASA_OUTPUT',
    'COMMIT',
    '',
  ]);
});

test('nothing is removed where nothing of ours is', () => {
  expect(removalRules('*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j OTHERS\nCOMMIT\n')).toBe('');
});

const why = ((): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'not root on Linux';
  const missing = ['ip', 'iptables-restore', 'ip6tables-restore'].find((program) => toolPath(program) === null);
  return missing === undefined ? null : `no ${missing}: \`node scripts/install_packages.mjs\` brings it`;
})();

describe.skipIf(why)(`casa-redirect in a network namespace${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const name = `casa-redirect-${randomBytes(3).toString('hex')}`;
  const inside = (...argv: readonly string[]) =>
    execFileSync('ip', ['netns', 'exec', name, ...argv], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const redirect = (...argv: readonly string[]) =>
    spawnSync('ip', ['netns', 'exec', name, process.execPath, main, ...argv], { encoding: 'utf8' });
  const rules = () => ['iptables-save', 'ip6tables-save'].map((program) => inside(program).replace(/^[#:].*\n/gm, ''));
  const ours = () => rules().map((text) => text.split('\n').filter((line) => line.includes('CASA_')).length);

  beforeAll(() => {
    execFileSync('ip', ['netns', 'add', name]);
    mkdirSync(`/etc/netns/${name}`, { recursive: true });
    writeFileSync(`/etc/netns/${name}/resolv.conf`, 'search bank.svc\nnameserver 10.96.0.10\nnameserver nonsense\n');
    inside('iptables', '-t', 'nat', '-A', 'OUTPUT', '-d', '192.0.2.1', '-j', 'ACCEPT');
  });
  afterAll(() => {
    execFileSync('ip', ['netns', 'del', name]);
    rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  });

  test('once or twice is the same, and undone only what was there before is left', () => {
    const before = rules();
    expect(redirect('15001', '15002', '1337')).toMatchObject({ status: 0, stderr: '' });
    const once = rules();
    expect(once.map((text) => text.includes('--to-ports 15002'))).toEqual([true, true]);
    expect(once[0]).toContain('-A CASA_OUTPUT -d 10.96.0.10/32 -p udp -m udp --dport 53 -j RETURN');
    expect(redirect('15001', '15002', '1337')).toMatchObject({ status: 0, stderr: '' });
    expect(rules()).toEqual(once);
    expect(redirect('--remove')).toMatchObject({ status: 0, stderr: '' });
    expect(ours()).toEqual([0, 0]);
    expect(rules()[0]).toContain('-A OUTPUT -d 192.0.2.1/32 -j ACCEPT');
    expect(before[0]).toContain('-A OUTPUT -d 192.0.2.1/32 -j ACCEPT');
    expect(redirect('--remove')).toMatchObject({ status: 0 });
  });

  test.each([[], ['15001'], ['15001', '15001', '1337'], ['0', '15002', '1337'], ['15001', '15002', '0x0']])(
    'arguments that are no two ports and a user are refused: %j',
    (...argv) => {
      const { status, stderr } = redirect(...argv);
      expect({ status, said: stderr.includes('usage') }).toEqual({ status: 1, said: true });
      expect(ours()).toEqual([0, 0]);
    },
  );
});
