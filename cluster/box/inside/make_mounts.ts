import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../../run_tool.ts';
import { hierarchies } from '../cgroups.ts';
import { type BoxPlaces, network } from '../places.ts';

const cgroups = '/sys/fs/cgroup';
/** The kubelet writes these, and they are the whole machine's: in the box it writes to copies. */
const machineWide = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'];
const keyLimits = ['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes'];

/** Makes what a node's programs want to see, in the mount namespace of this process alone. */
export async function makeMounts(places: BoxPlaces): Promise<void> {
  await runTool('hostname', [network.nodeName]);
  if (hostname() !== network.nodeName) throw new Error('the box has no host name of its own: it shares a namespace');
  await runTool('umount', ['--recursive', '--lazy', cgroups]);
  await mount('-t', 'sysfs', 'sysfs', '/sys');
  await mount('-t', 'bpf', 'bpf', '/sys/fs/bpf');
  await mountCgroups();
  await mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run');
  for (const folder of ['/run/netns', '/run/lock']) mkdirSync(folder);
  await bind(join(places.folder, 'hosts'), '/etc/hosts');
  await bind(join(places.folder, 'resolv.conf'), '/etc/resolv.conf');
  for (const [own, shared] of [
    ['cni-cache', '/var/lib/cni'],
    ['pod-logs', '/var/log/pods'],
    ['container-logs', '/var/log/containers'],
  ] as const) {
    mkdirSync(join(places.folder, own), { recursive: true });
    mkdirSync(shared, { recursive: true });
    await bind(join(places.folder, own), shared);
  }
  for (const name of [...machineWide, ...keyLimits]) {
    const copy = join(places.folder, `sysctl-${name.replaceAll('/', '-')}`);
    writeFileSync(copy, readFileSync(join('/proc/sys', name)));
    await bind(copy, join('/proc/sys', name));
  }
  await mount('--make-rshared', '/');
}

async function mountCgroups(): Promise<void> {
  await mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', cgroups);
  for (const name of hierarchies) {
    const folder = join(cgroups, name);
    mkdirSync(folder);
    if (name === 'unified') await mount('-t', 'cgroup2', 'cgroup2', folder);
    else await mount('-t', 'cgroup', '-o', name === 'systemd' ? 'none,name=systemd' : name, 'cgroup', folder);
  }
}

async function bind(from: string, to: string): Promise<void> {
  await mount('--bind', from, to);
}

async function mount(...argv: readonly string[]): Promise<void> {
  await runTool('mount', argv);
}
