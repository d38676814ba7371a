import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A door on this machine's loopback that leads to the box's API server. */
export interface ApiDoor {
  readonly url: string;
  readonly close: () => void;
}

export async function openApiDoor(socketPath: string): Promise<ApiDoor> {
  const server = createServer((outside) => {
    const inside = connect(socketPath);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
    outside.on('close', () => inside.destroy());
    inside.on('close', () => outside.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `https://127.0.0.1:${port}`, close: () => server.close() };
}
