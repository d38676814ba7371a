import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { proxyUid } from '../../compiler/envoy/options.ts';
import { CasaError } from '../../policies/errors.ts';
import type { LocalFile } from '../file/local_file.ts';
import type { Plan, PlannedApp } from '../plan/planned.ts';

/** Where everything of one run lies. */
export interface Places {
  /** Secrets and the database; 0700, of whoever runs `casa local`. */
  readonly state: string;
  readonly logs: string;
  /** Unix sockets, and what the sandboxes are shown: short, and gone at the end. */
  readonly run: string;
  readonly out: string;
  readonly adminTokenFile: string;
  readonly stateFile: string;
  readonly peersFile: string;
  /** Written when the runtime is ready. */
  readonly runtimeUrlFile: string;
  /** Of each app and each Envoy one, below it; null: the kernel layer is off. */
  readonly cgroups: string | null;
}

const outMarker = '.casa-local';

/** The folder of CASA itself: the one with `package.json` above this file, from source and from `dist` alike. */
export const casaFolder = findUp(import.meta.dirname);

/** Makes the folders. An app can write its own output folder and no other. */
export function makePlaces(plan: Plan, file: LocalFile, state: string, cgroups: string | null): Places {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  chmodSync(state, 0o700);
  const isNetns = plan.mode === 'netns';
  const run = isNetns ? `/run/casa-${plan.id}` : mkdtempSync(join(tmpdir(), 'casa-'));
  // In `netns` mode other users must pass through to what they are shown; what is secret in it is closed by itself.
  mkdirSync(run, { recursive: true });
  chmodSync(run, isNetns ? 0o711 : 0o700);
  const places: Places = {
    state,
    logs: join(state, 'logs'),
    run,
    out: file.out ?? join(state, 'out'),
    adminTokenFile: join(state, 'admin.token'),
    stateFile: join(run, 'state.json'),
    peersFile: join(run, 'peers.json'),
    runtimeUrlFile: join(state, 'runtime.url'),
    cgroups,
  };
  mkdirSync(places.logs, { recursive: true, mode: 0o700 });
  mkdirSync(places.out, { recursive: true });
  for (const folder of ['project', 'casa', 'node', 'out', 'pep']) mkdirSync(join(run, folder), { mode: 0o711 });
  for (const app of plan.apps) makeAppPlaces(plan, places, app);
  return places;
}

function makeAppPlaces(plan: Plan, places: Places, app: PlannedApp): void {
  const own = (folder: string, uid: number) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    if (plan.mode === 'netns') chownSync(folder, uid, uid);
  };
  const out = join(places.out, app.name);
  emptyOut(out);
  own(out, app.uid);
  // What is outside every MAS may offer others a socket there.
  if (app.compiled === null) chmodSync(out, 0o711);
  mkdirSync(join(places.run, 'out', app.name), { mode: 0o711 });
  if (app.compiled === null) return;
  own(proxyFolder(places, app), proxyUid);
  own(accessLogFolder(places, app), proxyUid);
  own(join(proxyFolder(places, app), 'log'), proxyUid);
}

/** Each run starts with an empty output folder; a folder that no run made is not touched. */
function emptyOut(folder: string): void {
  const marker = join(folder, outMarker);
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(marker)) {
    throw new CasaError(
      'configuration_invalid',
      `\`${folder}\` was not made by \`casa local\`: choose another \`out\``,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(marker, '');
}

/** Sockets, configuration and key of an app's Envoy and ext-authz; only their user can open it. */
export function proxyFolder(places: Places, app: PlannedApp): string {
  return join(places.run, 'pep', app.name);
}

/** Where the access log stays when the run is over. */
export function accessLogFolder(places: Places, app: PlannedApp): string {
  return join(places.state, 'access', app.name);
}

function findUp(start: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  throw new CasaError('configuration_invalid', `no package.json above \`${start}\``);
}
