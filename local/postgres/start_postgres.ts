import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import { findPostgresPrograms } from '../../runtime/store/postgres_programs.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { type Sandbox, sandboxed } from '../../sidecar/process/sandbox.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import type { Plan } from '../plan/planned.ts';
import type { Places } from '../start/places.ts';

/** A PostgreSQL of one run alone: its database in the state directory, its socket where only its own user and root come. */
export interface PostgresPlace {
  readonly programs: string;
  /** The database's folder in the state directory. */
  readonly kept: string;
  /** The same as the server sees it. */
  readonly data: string;
  readonly sockets: string;
  readonly log: string;
  /** null: it runs as who runs `casa local`. */
  readonly sandbox: Sandbox | null;
}

const socketPathBytesMax = 107;
const owner = 'casa';
const localeOfMessages = 'C.UTF-8';
const saidWhenReady = 'database system is ready to accept connections';

/** Makes the folders; throws `tool_missing` without PostgreSQL, `configuration_invalid` where it cannot be run. */
export function makePostgresPlace(plan: Plan, places: Places): PostgresPlace {
  const programs = findPostgresPrograms();
  if (programs === null) {
    throw new CasaError('tool_missing', 'no PostgreSQL: `node scripts/install_packages.mjs --postgres` installs it');
  }
  const kept = join(places.state, 'postgres');
  const sockets = join(places.run, 'store');
  if (join(sockets, '.s.PGSQL.5432').length > socketPathBytesMax) {
    throw new CasaError('configuration_invalid', `\`${sockets}\` is too long for the path of a unix socket`);
  }
  const user = process.getuid?.() === 0 ? postgresUser(plan) : null;
  for (const folder of [kept, sockets]) {
    // INVARIANT (deny by default): PostgreSQL asks nobody for a password; who cannot open its folder cannot reach it.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    if (user !== null) chownSync(folder, user.uid, user.gid);
  }
  const log = join(places.logs, 'postgres.log');
  if (user === null) return { programs, kept, data: kept, sockets, log, sandbox: null };
  // Its user may not pass through the state directory: the folder is shown to it elsewhere.
  const data = join(places.run, 'database');
  mkdirSync(data, { recursive: true });
  const sandbox: Sandbox = {
    namespace: null,
    cgroup: null,
    ...user,
    mounts: [{ from: kept, to: data, writable: true }],
    cwd: '/',
  };
  return { programs, kept, data, sockets, log, sandbox };
}

/** By this the runtime reaches the server. */
export function databaseUrl({ sockets }: PostgresPlace): string {
  return `postgres://${owner}@/postgres?host=${encodeURIComponent(sockets)}`;
}

/** Makes the database where there is none yet. */
export async function makeDatabase(place: PostgresPlace): Promise<void> {
  if (existsSync(join(place.kept, 'PG_VERSION'))) return;
  const flags = ['--username', owner, '--auth', 'trust', '--encoding', 'UTF8', '--locale', localeOfMessages];
  const made = startProgram(place, 'initdb', ['--pgdata', place.data, '--no-sync', ...flags]);
  const code = await made.ended;
  if (code !== 0) throw made.failure(code);
}

/** Starts the server on the unix socket only. */
export function startPostgres(place: PostgresPlace): StartedProcess {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: place.sockets,
    unix_socket_permissions: '0700',
    shared_buffers: '32MB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return startProgram(place, 'postgres', ['-D', place.data, ...flags]);
}

/** true for the line by which the server says that it takes questions; null for every other. */
export function postgresReady(line: string): true | null {
  return line.includes(saidWhenReady) ? true : null;
}

function startProgram(place: PostgresPlace, name: string, flags: readonly string[]): StartedProcess {
  const argv = [join(place.programs, name), ...flags];
  return new StartedProcess({
    name,
    argv: place.sandbox === null ? mortal(argv) : sandboxed(place.sandbox, argv),
    env: { PATH: process.env.PATH ?? '', LC_ALL: localeOfMessages },
    cwd: '/',
    log: place.log,
  });
}

/** PostgreSQL refuses to run as root: Debian's own user for it, else nobody. */
function postgresUser(plan: Plan): { readonly uid: number; readonly gid: number } {
  if (plan.mode !== 'netns') {
    throw new CasaError('configuration_invalid', 'as root, `--store postgres` needs the mode `netns`');
  }
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // There is no such user.
    }
  }
  throw new CasaError('configuration_invalid', 'there is no user as whom PostgreSQL could run');
}
