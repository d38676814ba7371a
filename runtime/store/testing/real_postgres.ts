/** For tests: a throwaway PostgreSQL server on a free port of the loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgresPrograms } from '../postgres_programs.ts';

const startsMax = 20;
const programs = findPostgresPrograms();

/** Why no server can be started here, or null. */
export const postgresMissing = programs === null ? 'no PostgreSQL on this machine' : null;

export interface RealPostgres {
  readonly url: string;
  /** SIGKILL: nothing is finished or flushed; `start` brings it back on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with a fresh database; as root it runs as user `postgres`, which is the only way it runs at all. */
export async function startRealPostgres(): Promise<RealPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'casa-pg-'));
  const asUser =
    process.getuid?.() === 0 ? ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : [];
  if (asUser.length > 0) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'postgres']).stdout.toString()));
    chownSync(directory, uid ?? -1, gid ?? -1);
  }
  const run = (program: string, args: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [...asUser, join(programs ?? '', program), ...args];
    return [first, rest];
  };
  const made = spawnSync(
    ...run('initdb', ['-D', join(directory, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync']),
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr.toString()}`);
  const port = await freePort();
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', 'shared_buffers=16MB'];
  const argv = ['-D', join(directory, 'data'), '-p', String(port), '-k', directory];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const spawnServer = () =>
    spawn(...run('postgres', [...argv, ...settings.flatMap((setting) => ['-c', setting])]), { stdio: 'ignore' });
  let server = spawnServer();
  await untilAnswers(url);
  return {
    url,
    async kill() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
    },
    async start() {
      for (let attempt = 0; attempt < startsMax; attempt += 1) {
        // While a process of the killed server still holds its memory, the next one gives up at once.
        server = spawnServer();
        const gaveUp = new Promise<boolean>((resolve) => server.once('exit', () => resolve(true)));
        if (!(await Promise.race([gaveUp, untilAnswers(url).then(() => false)]))) return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      throw new Error('PostgreSQL did not start again');
    },
    stop: () => stopServer(server, directory),
  };
}

async function stopServer(server: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGINT');
  await ended;
  rmSync(directory, { recursive: true, force: true });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function untilAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('PostgreSQL did not start');
}
