import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import type { JsonObject } from '../../policies/contract.ts';
import { EnforcementPoint, type PepLog, thisWorld } from '../pep.ts';
import { bankSystem } from './bank_system.ts';
import type { Sidecar } from './envoy_double.ts';
import { type RuntimeProcess, startRuntime } from './runtime_process.ts';

const addresses: { readonly [app: string]: string } = { client: '10.0.0.1', agent: '10.0.0.2', ledger: '10.0.0.3' };

/** The real runtime and the enforcement points of one MAS. `clock` is what the points take for the time. */
export interface TestWorld {
  readonly runtime: RuntimeProcess;
  readonly clock: { aheadMs: number };
  sidecar(app: string): Sidecar;
  openMas(namespace: string): Promise<{ readonly [app: string]: Sidecar }>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<TestWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'casa-pep-'));
  const runtime = await startRuntime(folder);
  const clock = { aheadMs: 0 };
  const points: EnforcementPoint[] = [];
  const peersFile = join(folder, 'peers.json');

  const openMas = async (namespace: string): Promise<{ readonly [app: string]: Sidecar }> => {
    const mas = `${namespace}.bank`;
    await runtime.applyMas(bankSystem(namespace));
    const peers = Object.entries(addresses).map(([app, address]) => ({ address, mas, app }));
    writeFileSync(peersFile, JSON.stringify(peers));
    const sidecars: { [app: string]: Sidecar } = {};
    for (const [app, address] of Object.entries(addresses)) {
      const socketPath = join(folder, `${namespace}-${app}.sock`);
      const clientKeyFile = join(folder, `${namespace}-${app}.jwk`);
      await runtime.registerApp(mas, app, await makeKey(clientKeyFile, `${namespace}-${app}`));
      const config = {
        mas,
        app,
        namespace,
        runtimeUrl: runtime.url,
        credential: { kind: 'key', file: clientKeyFile } as const,
        socketPath,
        peers: { kind: 'file', path: peersFile } as const,
        keycloakUrl: null,
        bundleFile: null,
      };
      points.push(await openPoint(config, clock));
      sidecars[app] = { mas, app, address, socketPath };
    }
    return sidecars;
  };
  const sidecars = await openMas('demo');
  return {
    runtime,
    clock,
    openMas,
    sidecar(app) {
      const found = sidecars[app];
      if (found === undefined) throw new Error(`there is no app ${app}`);
      return found;
    },
    async close() {
      await Promise.all(points.map((point) => point.close()));
      await runtime.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the first bundle is loaded. */
async function openPoint(
  config: Parameters<typeof EnforcementPoint.open>[0],
  clock: { readonly aheadMs: number },
): Promise<EnforcementPoint> {
  let loaded: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  const log: PepLog = {
    bundleLoaded: () => loaded(),
    bundleFailed: () => undefined,
    checkFailed: (error) => console.error(error),
    streamFailed: (error) => console.error(error),
  };
  const nowMs = () => Date.now() + clock.aheadMs;
  const point = await EnforcementPoint.open(config, { ...thisWorld, clock: { ...thisWorld.clock, nowMs } }, log);
  await ready;
  return point;
}

async function makeKey(path: string, kid: string): Promise<JsonObject> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  writeFileSync(path, JSON.stringify({ ...(await exportJWK(privateKey)), kid }), { mode: 0o600 });
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } as JsonObject; // a JWK is JSON
}
