import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CasaError } from '../../policies/errors.ts';
import { keycloakProgram, keycloakServes, missingKeycloak } from '../../runtime/identity/keycloak/keycloak_program.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import type { Places } from './places.ts';

const adminClient = 'casa-admin';
const pollMs = 200;
const progressEveryMs = 10_000;
/** Beyond what the rest of a start may take. */
export const keycloakTimeoutMs = 240_000;

/** The Keycloak of one run, on loopback ports that stay when it is started again. */
export interface LocalKeycloak {
  readonly url: string;
  readonly managementPort: number;
  readonly secretFile: string;
}

/** Makes the secret of the admin client, of this run only; throws `tool_missing` where there is no Keycloak. */
export function makeKeycloak(places: Places, [port = 0, managementPort = 0]: readonly number[]): LocalKeycloak {
  const missing = missingKeycloak();
  if (missing !== null) throw new CasaError('tool_missing', `Keycloak is not installed: ${missing}`);
  const secretFile = join(places.state, 'keycloak.secret');
  writeFileSync(secretFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  mkdirSync(join(places.state, 'keycloak'), { recursive: true, mode: 0o700 });
  return { url: `http://127.0.0.1:${port}`, managementPort, secretFile };
}

export function startKeycloak(places: Places, keycloak: LocalKeycloak): StartedProcess {
  const secret = readFileSync(keycloak.secretFile, 'utf8').trim();
  const { argv, env } = keycloakProgram(
    {
      folder: join(places.state, 'keycloak'),
      port: Number(new URL(keycloak.url).port),
      managementPort: keycloak.managementPort,
    },
    { clientId: adminClient, secret },
  );
  return new StartedProcess({
    name: 'keycloak',
    argv: mortal(argv),
    env,
    cwd: places.state,
    log: join(places.logs, 'keycloak.log'),
  });
}

/** Resolves when it serves; says now and then that it is not there yet. */
export async function untilKeycloakServes(
  { url }: LocalKeycloak,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedMs) / 1000);
  let saidMs = startedMs;
  say('Keycloak is starting');
  while (!(await keycloakServes(url))) {
    await sleep(pollMs, undefined, { signal });
    if (performance.now() - saidMs < progressEveryMs) continue;
    saidMs = performance.now();
    say(`Keycloak is starting (${seconds()} s)`);
  }
  say(`Keycloak ready at ${url} after ${seconds()} s`);
}

/** The runtime's flags; none for its own identity provider. */
export function identityFlags(keycloak: LocalKeycloak | null): { readonly [flag: string]: string } {
  if (keycloak === null) return {};
  return {
    idp: 'keycloak',
    'keycloak-url': keycloak.url,
    'keycloak-admin-client': adminClient,
    'keycloak-admin-secret-file': keycloak.secretFile,
  };
}
