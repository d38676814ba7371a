import { existsSync, writeFileSync } from 'node:fs';
import { runTool } from '../../run_tool.ts';
import { network } from '../places.ts';

/** The node's address on a bridge that leads nowhere: what is in the box reaches nothing outside of it. */
export async function makeNetwork(): Promise<void> {
  const commands = [
    'link set lo up',
    'link add node0 type bridge',
    `addr add ${network.nodeAddress}/32 dev node0`,
    'link set node0 up',
    // Without a default route Services have no way out of the node's own programs.
    'route add default dev node0',
  ];
  await runTool('ip', ['-batch', '-'], { stdin: commands.join('\n') });
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  // A pod that calls its own node's other pod by a Service is answered through the node, which knows the connection.
  const bridged = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  if (existsSync(bridged)) writeFileSync(bridged, '1');
}
