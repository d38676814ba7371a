import { connect, createServer } from 'node:net';
import { network } from '../places.ts';

/** Passes connections of a unix socket on to the API server: a path leads out of a network namespace, an address does not. */
export function forwardApi(socketPath: string): void {
  createServer((outside) => {
    const inside = connect(network.apiPort, network.nodeAddress);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
    outside.on('close', () => inside.destroy());
    inside.on('close', () => outside.destroy());
  }).listen(socketPath);
}
