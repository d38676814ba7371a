import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../../policies/contract.ts';
import { paths } from '../../policies/wire.ts';

const adminToken = 'management-token-of-a-test';

/** The real runtime, as a process of its own on an in-memory store. */
export interface RuntimeProcess {
  readonly url: string;
  applyMas(system: JsonObject): Promise<void>;
  registerApp(mas: string, app: string, publicKey: JsonObject): Promise<void>;
  trace(sessionId: string): Promise<readonly JsonObject[]>;
  revoke(sessionId: string): Promise<void>;
  /** Lets it answer nothing until `wake`. */
  freeze(): void;
  wake(): void;
  stop(): Promise<void>;
}

/** A runtime that has not ended by then is killed. */
const stopMs = 5_000;

/** Starts `dist/runtime/main.js`; `node scripts/build.mjs` makes it. */
export async function startRuntime(folder: string): Promise<RuntimeProcess> {
  const main = join(import.meta.dirname, '../../dist/runtime/main.js');
  if (!existsSync(main)) throw new Error('the runtime is not built: run `node scripts/build.mjs`');
  const tokenFile = join(folder, 'admin-token');
  writeFileSync(tokenFile, adminToken, { mode: 0o600 });
  const child = spawn(process.execPath, [main, '--port', '0', '--admin-token-file', tokenFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await readyUrl(child);
  const manage = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  return {
    url,
    async applyMas(multiAgentSystem) {
      await manage('POST', paths.mas, { multiAgentSystem, policies: [] });
    },
    async registerApp(mas, app, publicKey) {
      await manage('POST', paths.apps, { mas, app, jwks: { keys: [publicKey] } });
    },
    async trace(sessionId) {
      const page = (await manage('GET', `${paths.trace}/${sessionId}`)) as { events: readonly JsonObject[] }; // TracePage
      return page.events;
    },
    async revoke(sessionId) {
      await manage('DELETE', `/sessions/${sessionId}`);
    },
    freeze: () => void child.kill('SIGSTOP'),
    wake: () => void child.kill('SIGCONT'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the runtime ended with ${code}`)));
    if (child.stdout === null) throw new Error('the runtime has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; url?: string }; // a pino line
      if (entry.msg === 'ready' && entry.url !== undefined) resolve(entry.url);
    });
  });
}
