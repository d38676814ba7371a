import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxyUid } from '../../compiler/envoy/options.ts';
import { runTool } from '../../sidecar/process/tool.ts';
import { redirectRules } from '../../sidecar/redirect/rules.ts';
import type { Plan, PlannedApp } from '../plan/planned.ts';
import type { EnvoyMaker } from '../start/envoy_maker.ts';

const etcNetns = '/etc/netns';
/** Where the namespace's traffic is sent. */
type Ports = Pick<EnvoyMaker, 'inboundPort' | 'outboundPort'>;
const namespacePrefix = (id: string) => `casa-${id}-`;

/**
 * Makes a namespace for each app, joined by a bridge in a namespace of its own: this machine's own network gets no address and no rule,
 * except one leg when an app with `network: host` can be called.
 */
export async function applyNetwork(plan: Plan, ports: Ports): Promise<void> {
  const inNamespaces = plan.apps.filter((app) => app.namespace !== null);
  for (const app of inNamespaces) writeNames(plan, app);
  const namespaces = [plan.bridgeNamespace, ...inNamespaces.map((app) => app.namespace)];
  await runTool('ip', ['-batch', '-'], namespaces.map((namespace) => `netns add ${namespace}`).join('\n'));
  const usesHost = plan.apps.some((app) => app.declared.network === 'host' && app.servicePort !== null);
  await runTool('ip', ['-n', plan.bridgeNamespace, '-batch', '-'], bridgeCommands(plan, inNamespaces, usesHost));
  if (usesHost) await runTool('ip', ['-batch', '-'], hostLegCommands(plan));
  await Promise.all(inNamespaces.map((app) => setUpNamespace(app, ports)));
}

/** Removes all that a run with this id made, and ends what still runs in it; what is not there is no mistake. */
export async function removeNetwork(id: string): Promise<void> {
  const listed = await runTool('ip', ['netns', 'list']);
  const names = listed.split('\n').map((line) => line.split(' ')[0] ?? '');
  const own = names.filter((name) => name.startsWith(namespacePrefix(id)));
  for (const name of own) {
    const pids = (await runTool('ip', ['netns', 'pids', name])).split('\n').filter((pid) => pid !== '');
    for (const pid of pids) endProcess(Number(pid));
  }
  if (own.length > 0) await runTool('ip', ['-force', '-batch', '-'], own.map((name) => `netns del ${name}`).join('\n'));
  if (!existsSync(etcNetns)) return;
  for (const name of readdirSync(etcNetns)) {
    if (name.startsWith(namespacePrefix(id))) rmSync(join(etcNetns, name), { recursive: true, force: true });
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** `ip netns exec` puts these over /etc for the processes of the namespace. */
function writeNames(plan: Plan, app: PlannedApp): void {
  const folder = join(etcNetns, app.namespace ?? '');
  mkdirSync(folder, { recursive: true });
  const rows = plan.apps.map((other) => `${other.address} ${other.hosts.join(' ')}`);
  writeFileSync(join(folder, 'hosts'), `${['127.0.0.1 localhost', ...rows].join('\n')}\n`);
  // Nobody listens there: an unknown name fails at once.
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
}

function bridgeCommands(plan: Plan, apps: readonly PlannedApp[], usesHost: boolean): string {
  const legs = apps.flatMap((app, index) => [
    `link add p${index} type veth peer name eth0 netns ${app.namespace}`,
    `link set p${index} master br0 up`,
  ]);
  // Process 1 is in this machine's own network.
  const host = usesHost
    ? [`link add h0 type veth peer name ${hostLeg(plan)} netns 1`, 'link set h0 master br0 up']
    : [];
  return ['link add br0 type bridge', 'link set br0 up', ...legs, ...host].join('\n');
}

function hostLegCommands(plan: Plan): string {
  return `addr add ${plan.network}.1/24 dev ${hostLeg(plan)}\nlink set ${hostLeg(plan)} up`;
}

function hostLeg(plan: Plan): string {
  return `casa-${plan.id}`;
}

async function setUpNamespace(app: PlannedApp, { inboundPort, outboundPort }: Ports): Promise<void> {
  // Names are read from a file here: nobody is asked.
  const redirection = { inboundPort, outboundPort, proxyUid, resolvers: [] };
  const script = [
    'set -e',
    'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
    'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
    'ip -batch - <<EOF',
    'link set lo up',
    `addr add ${app.address}/24 dev eth0`,
    'link set eth0 up',
    // So that every destination exists, and Envoy can refuse it.
    'route add default dev eth0',
    'EOF',
    ...(app.compiled === null ? [] : ['iptables-restore -w --noflush <<EOF', redirectRules(4, redirection, ''), 'EOF']),
  ];
  await runTool('ip', ['netns', 'exec', app.namespace ?? '', 'sh', '-s'], script.join('\n'));
}
