import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { CasaError } from '../../policies/errors.ts';
import { type AppRegistration, type MasRegistration, paths } from '../../policies/wire.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import { casaFolder, type Places } from './places.ts';
import { type SemanticOptions, semanticFlags, verifierVariables } from './semantic_options.ts';
import { identityFlags, type LocalKeycloak } from './start_keycloak.ts';

const runtimeInCasa = 'dist/runtime/main.js';
/** A realm is made meanwhile, when a Keycloak is the identity provider. */
const registrationTimeoutMs = 60_000;

/** The token of the management API, of this run only. */
export function makeAdminToken(places: Places): void {
  writeFileSync(places.adminTokenFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
}

/** Where a runtime keeps its state: its flags `--data-dir`, or `--database-url`, `--base-url` and `--key-file`. */
export type StoreFlags = { readonly [flag: string]: string };

export interface RuntimeOptions {
  /** Counted from 1; null: it is the only one. */
  readonly replica: number | null;
  readonly store: StoreFlags;
  readonly semantic: SemanticOptions;
  /** null: the runtime is its own identity provider. */
  readonly keycloak: LocalKeycloak | null;
  /** Where it listened before it ended. */
  readonly before: RuntimeReady | null;
}

/** A runtime and its Explorer on free loopback ports, or again on those of `before`. */
export function startRuntime(places: Places, options: RuntimeOptions): StartedProcess {
  const { replica, store, semantic, keycloak, before } = options;
  const main = join(casaFolder, runtimeInCasa);
  if (!existsSync(main)) throw new CasaError('tool_missing', 'CASA is not built: run `node scripts/build.mjs`');
  const flags = {
    host: '127.0.0.1',
    port: before === null ? '0' : new URL(before.url).port,
    'explorer-port': before === null ? '0' : new URL(before.signInUrl).port,
    'admin-token-file': places.adminTokenFile,
    ...store,
    ...semanticFlags(semantic),
    ...identityFlags(keycloak),
  };
  const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  return new StartedProcess({
    name: replica === null ? 'runtime' : `runtime ${replica}`,
    argv: mortal([process.execPath, main, ...argv]),
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...verifierEnvironment() },
    cwd: places.state,
    log: join(places.logs, `runtime${replica === null ? '' : `-${replica}`}.log`),
  });
}

function verifierEnvironment(): { readonly [name: string]: string } {
  return Object.fromEntries(
    verifierVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

/** Where a runtime listens. */
export interface RuntimeReady {
  readonly url: string;
  /** Opens the Explorer, once. */
  readonly signInUrl: string;
}

/** What a runtime says when it is ready; null for every other line. */
export function runtimeReady(line: string): RuntimeReady | null {
  const fields = readyLine(line);
  if (typeof fields?.url !== 'string' || typeof fields.explorerUrl !== 'string') return null;
  return { url: fields.url, signInUrl: fields.explorerUrl };
}

/** The fields of a JSON log line with `msg: ready`; null for every other line. */
export function readyLine(line: string): { readonly url?: unknown; readonly explorerUrl?: unknown } | null {
  if (!line.startsWith('{')) return null;
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields !== 'object' || fields === null || !('msg' in fields)) return null;
    if (fields.msg !== 'ready') return null;
    return fields as { readonly url?: unknown; readonly explorerUrl?: unknown }; // an object, see above
  } catch {
    return null;
  }
}

export interface Registration {
  readonly systems: readonly MasRegistration[];
  readonly apps: readonly { readonly mas: string; readonly app: string; readonly keys: readonly JWK[] }[];
}

/** Tells the runtime the systems, then their enforcement points; throws `runtime_unavailable` with what it answered instead. */
export async function register(runtimeUrl: string, adminToken: string, registration: Registration): Promise<void> {
  for (const system of registration.systems) await post(runtimeUrl + paths.mas, adminToken, system);
  await Promise.all(
    registration.apps.map(({ mas, app, keys }) => {
      // A JWK is a JSON object; its type only lists the fields that are known.
      const body: AppRegistration = { mas, app, jwks: { keys: keys as AppRegistration['jwks']['keys'] } };
      return post(runtimeUrl + paths.apps, adminToken, body);
    }),
  );
}

async function post(url: string, adminToken: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(registrationTimeoutMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new CasaError('runtime_unavailable', `POST ${url} was answered ${answer.status}: ${text}`);
}
