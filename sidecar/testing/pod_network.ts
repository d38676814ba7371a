/** For tests: network namespaces that stand for pods, joined by a bridge; this machine's own network is left alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { runTool } from '../process/tool.ts';

export interface PodNetwork {
  /** The namespace of a pod. */
  namespaceOf(pod: string): string;
  addressOf(pod: string): string;
  /** In IPv6. */
  address6Of(pod: string): string;
  /** Makes a port of this machine's loopback reachable for the pods, at the bridge's address and the same port. */
  offer(port: number): Promise<void>;
  /** As pods reach what is offered. */
  readonly hostAddress: string;
  close(): Promise<void>;
}

/** `names`: what each address is called beside its pod's own name. */
export async function openPodNetwork(
  folder: string,
  pods: readonly string[],
  names: { readonly [pod: string]: string },
): Promise<PodNetwork> {
  const id = `casa-pod-${randomBytes(3).toString('hex')}`;
  const bridge = `${id}-br`;
  const address = (index: number) => `10.77.0.${index + 2}`;
  const address6 = (index: number) => `fd77::${index + 2}`;
  const hostAddress = '10.77.0.1';
  const namespaceOf = (pod: string) => `${id}-${pods.indexOf(pod)}`;
  const all = [bridge, ...pods.map(namespaceOf)];
  const hosts = [`127.0.0.1 localhost`, ...pods.map((pod, index) => `${address(index)} ${pod} ${names[pod] ?? ''}`)];
  for (const namespace of all) {
    mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
    writeFileSync(`/etc/netns/${namespace}/hosts`, `${hosts.join('\n')}\n`);
    writeFileSync(`/etc/netns/${namespace}/resolv.conf`, 'nameserver 10.77.0.1\noptions timeout:1 attempts:1\n');
  }
  await runTool('ip', ['-batch', '-'], all.map((namespace) => `netns add ${namespace}`).join('\n'));
  const legs = pods.flatMap((pod, index) => [
    `link add p${index} type veth peer name eth0 netns ${namespaceOf(pod)}`,
    `link set p${index} master br0 up`,
  ]);
  const own = ['link set lo up', 'link add br0 type bridge', `addr add ${hostAddress}/24 dev br0`, 'link set br0 up'];
  await runTool('ip', ['-n', bridge, '-batch', '-'], [...own, ...legs].join('\n'));
  for (const [index, pod] of pods.entries()) {
    const lines = ['link set lo up', `addr add ${address(index)}/24 dev eth0`, 'link set eth0 up'];
    const six = [`addr add ${address6(index)}/64 dev eth0 nodad`, 'route add fd00::/8 dev eth0'];
    const route = `route add default via ${hostAddress}`;
    await runTool('ip', ['-n', namespaceOf(pod), '-batch', '-'], [...lines, route, ...six].join('\n'));
  }
  const relays: ChildProcess[] = [];
  const doors: ReturnType<typeof createServer>[] = [];
  return {
    namespaceOf,
    addressOf: (pod) => address(pods.indexOf(pod)),
    address6Of: (pod) => address6(pods.indexOf(pod)),
    hostAddress,
    async offer(port) {
      // A unix socket leads out of the bridge's namespace.
      const path = join(folder, `offer-${port}.sock`);
      const door = createServer((inner) => {
        const outer = connect({ host: '127.0.0.1', port });
        for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
        inner.pipe(outer).pipe(inner);
      });
      doors.push(door);
      await new Promise<void>((resolve) => door.listen(path, resolve));
      const script = `const net = require('net'); net.createServer((inner) => { const outer = net.connect(${JSON.stringify(path)});
        for (const socket of [inner, outer]) socket.on('error', () => { inner.destroy(); outer.destroy(); });
        inner.pipe(outer).pipe(inner); }).listen(${port}, '${hostAddress}', () => console.log('on'));`;
      const argv = ['netns', 'exec', bridge, 'setpriv', '--pdeathsig', 'KILL', process.execPath, '-e', script];
      const relay = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      relays.push(relay);
      await new Promise((resolve) => relay.stdout?.once('data', resolve));
    },
    async close() {
      for (const relay of relays) relay.kill('SIGKILL');
      for (const door of doors) door.close();
      for (const namespace of all) {
        await runTool('ip', ['netns', 'del', namespace]);
        rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
      }
    },
  };
}
