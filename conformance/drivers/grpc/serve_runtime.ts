import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { readPolicyModules } from '../../../policies/read_modules.ts';
import { buildApp } from '../../../runtime/http/app.ts';
import { openLogger } from '../../../runtime/http/logger.ts';
import type { FileClock } from '../file_clock.ts';
import { closeRuntime, openRuntime } from '../open_runtime.ts';
import { ManagementClient } from './management_client.ts';
import type { Place } from './site.ts';

/** The token service's HTTP on loopback, with a folder, a clock and a key for the enforcement points that ask it. */
export interface ServedRuntime {
  readonly folder: string;
  /** For one behaviour, which begins at this time. */
  place(clockMs: number): Omit<Place, 'socketPath'>;
  close(): Promise<void>;
}

export async function serveRuntime(): Promise<ServedRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'casa-conformance-'));
  const key = await writeClientKey(join(folder, 'client_key.json'));
  const clock: FileClock = { nowMs: 0 };
  let url = '';
  const parts = await openRuntime(
    () => clock.nowMs,
    () => url,
  );
  const adminToken = randomBytes(32).toString('hex');
  const logger = openLogger(process.stderr, 'silent');
  const app = await buildApp({
    parts,
    modules: readPolicyModules(),
    adminToken,
    catchUp: async () => undefined,
    logger,
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  const management = new ManagementClient(url, adminToken);
  return {
    folder,
    place: (clockMs) => {
      clock.nowMs = clockMs;
      return { folder: mkdtempSync(join(folder, 'b-')), runtimeUrl: url, management, key, clock };
    },
    close: async () => {
      parts.news.close();
      // A connection on which nothing was ever asked is not idle to the server, and would keep it open.
      app.server.closeAllConnections();
      await app.close();
      await closeRuntime(parts);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A key that all enforcement points here share; each is known by its own client id. */
async function writeClientKey(file: string): Promise<{ readonly file: string; readonly publicJwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = 'conformance';
  writeFileSync(file, JSON.stringify({ ...(await exportJWK(privateKey)), kid }), { mode: 0o600 });
  return { file, publicJwk: { ...(await exportJWK(publicKey)), kid } };
}
