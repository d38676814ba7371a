import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bank } from './http/testing/bank.ts';
import { postgresMissing, type RealPostgres, startRealPostgres } from './store/testing/real_postgres.ts';

const main = join(import.meta.dirname, '../dist/runtime/main.js');
const headers = { authorization: 'Bearer management-token-of-a-test', 'content-type': 'application/json' };

describe.skipIf(postgresMissing !== null)(
  `two processes on one PostgreSQL${postgresMissing ? `: ${postgresMissing}` : ''}`,
  () => {
    let folder: string;
    let server: RealPostgres;
    const children: ChildProcess[] = [];
    beforeAll(async () => {
      if (!existsSync(main)) throw new Error('the runtime is not built: run `node scripts/build.mjs`');
      folder = mkdtempSync(join(tmpdir(), 'casa-replicas-'));
      writeFileSync(join(folder, 'admin'), 'management-token-of-a-test\n', { mode: 0o600 });
      server = await startRealPostgres();
    });
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function start(): Promise<{ child: ChildProcess; url: string }> {
      const flags = {
        port: '0',
        'database-url': server.url,
        'base-url': 'http://casa.test',
        'key-file': join(folder, 'key'),
        'admin-token-file': join(folder, 'admin'),
      };
      const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
      const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      for await (const line of createInterface(child.stdout)) {
        const { msg, url } = JSON.parse(line) as { msg: string; url: string };
        if (msg === 'ready') return { child, url };
      }
      throw new Error('the runtime ended before it was ready');
    }

    it('that start at once make one key file, one database and one key; one killed under load loses nothing it acknowledged', async () => {
      const [a, b] = await Promise.all([start(), start()]);
      const acknowledged: string[] = [];
      const load = async () => {
        for (let index = 0; ; index += 1) {
          const body = JSON.stringify(bank(`load${index}`));
          const answer = await fetch(`${a.url}/mas`, { method: 'POST', headers, body }).catch(() => null);
          if (answer === null) return;
          if (answer.status === 201) acknowledged.push(`load${index}.demo`);
        }
      };
      const running = load();
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(5);
      const keysAtA = await (await fetch(`${a.url}/load0.demo/jwks`)).json();
      const ended = once(a.child, 'exit');
      a.child.kill('SIGKILL');
      await ended;
      await running;
      const systems = async () => {
        const answer = await fetch(`${b.url}/mas`, { headers });
        return ((await answer.json()) as { systems: { mas: string; served: string | null }[] }).systems;
      };
      const servedNames = async () => (await systems()).filter(({ served }) => served !== null).map(({ mas }) => mas);
      await expect.poll(servedNames, { timeout: 10_000 }).toEqual(expect.arrayContaining(acknowledged));
      expect(await (await fetch(`${b.url}/load0.demo/jwks`)).json()).toEqual(keysAtA);
      expect((await fetch(`${b.url}/ready`)).status).toBe(200);
    }, 90_000);
  },
);
