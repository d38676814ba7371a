import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { envoyServes } from './envoy.ts';
import type { SidecarPlaces } from './places.ts';

const connectMs = 1_000;

/** Whether the app may start: a policy is in force, ext-authz takes questions, and an Envoy of ours serves. */
export async function isReady(
  { bundleFile, checkSocket, adminSocket }: SidecarPlaces,
  ownEnvoy: boolean,
): Promise<boolean> {
  if (!existsSync(bundleFile)) return false;
  return (await isListening(checkSocket)) && (!ownEnvoy || (await envoyServes(adminSocket)));
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: connectMs });
    const end = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}
