import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const listenState = '0A';
const pollMs = 40;

/** Whether somebody in the network namespace of this process listens on the port; from `/proc`, without connecting. */
export function isListeningBeside(pid: number, port: number): boolean {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) => {
    try {
      const rows = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1);
      return rows.some((row) => {
        const [, local = '', , state] = row.trim().split(/\s+/);
        return state === listenState && local.endsWith(hex);
      });
    } catch {
      return false;
    }
  });
}

/** Whether a connection to the loopback port is accepted. */
export function isListeningHere(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Asks again and again until the answer is yes, or the signal is aborted (then it throws). */
export async function until(ask: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await ask())) await sleep(pollMs, undefined, { signal });
}

/** As many loopback ports as asked that were free a moment ago. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.on('error', reject);
          server.listen({ host: '127.0.0.1', port: 0 }, () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
