/** For tests: a real Keycloak on free loopback ports, with a database of its own. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keycloakProgram, keycloakServes, missingKeycloak } from '../keycloak/keycloak_program.ts';

/** Why none can be started here, or null. */
export const keycloakMissing = missingKeycloak();
/** A first start makes a hundred tables, on a busy machine slowly. */
export const keycloakStartMs = 240_000;

export interface RealKeycloak {
  readonly url: string;
  readonly admin: { readonly clientId: string; readonly secret: string };
  /** The admin API, below `/admin/realms`. */
  call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly json: unknown }>;
  /** Nothing answers, and connections stay open. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export async function startRealKeycloak(): Promise<RealKeycloak> {
  const folder = mkdtempSync(join(tmpdir(), 'casa-keycloak-'));
  const admin = { clientId: 'casa-admin', secret: randomBytes(24).toString('base64url') };
  const [port = 0, managementPort = 0] = await freePorts(2);
  const { argv, env } = keycloakProgram({ folder, port, managementPort }, admin);
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = join(folder, 'log');
  const written = createWriteStream(log);
  child.stdout.pipe(written);
  child.stderr.pipe(written);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  const signal = (name: NodeJS.Signals) => {
    if (!isEnded) child.kill(name);
  };
  const url = `http://127.0.0.1:${port}`;
  while (!(await keycloakServes(url))) {
    if (isEnded) throw new Error(`Keycloak ended: ${readFileSync(log, 'utf8').slice(-2_000)}`);
    await sleep(200);
  }
  return {
    url,
    admin,
    call: (method, path, body) => callAdmin(url, admin, method, path, body),
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      // A database for one run: nothing in it is worth a graceful end.
      signal('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function callAdmin(url: string, admin: RealKeycloak['admin'], method: string, path: string, body?: object) {
  const form = { grant_type: 'client_credentials', client_id: admin.clientId, client_secret: admin.secret };
  const asked = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token: token } = (await asked.json()) as { access_token: string }; // RFC 6749 section 5.1
  const answer = await fetch(`${url}/admin/realms${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
