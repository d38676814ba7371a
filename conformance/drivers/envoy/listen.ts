import type { Server } from 'node:net';
import { CasaError } from '../../../policies/errors.ts';

/** Listens on a free loopback port, and says which. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new CasaError('bug', 'a server listens nowhere'));
    });
  });
}
