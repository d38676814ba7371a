import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bank } from './http/testing/bank.ts';

const main = join(import.meta.dirname, '../dist/runtime/main.js');
let folder: string;

beforeAll(() => {
  if (!existsSync(main)) throw new Error('the runtime is not built: run `node scripts/build.mjs`');
  folder = mkdtempSync(join(tmpdir(), 'casa-main-'));
  writeFileSync(join(folder, 'admin'), 'management-token-of-a-test\n', { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(flags: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, '--port', '0', '--admin-token-file', join(folder, 'admin'), ...flags]);
}

async function ready(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the process has an output');
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg === 'ready') return url;
  }
  throw new Error('the runtime ended before it was ready');
}

async function manage(url: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: 'Bearer management-token-of-a-test', 'content-type': 'application/json' };
  const response = await fetch(
    url + path,
    body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
  );
  return response.json();
}

async function end(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await exited;
  return code;
}

it('ends well on SIGTERM with its events stored, and starts again as it was', async () => {
  const data = ['--data-dir', join(folder, 'data')];
  const first = start(data);
  const firstUrl = await ready(first);
  await manage(firstUrl, '/mas', bank());
  const keys = await manage(firstUrl, '/bank.demo/jwks');
  expect(await end(first)).toBe(0);
  const second = start(data);
  const url = await ready(second);
  expect(await manage(url, '/ready')).toMatchObject({ ready: true });
  expect(await manage(url, '/bank.demo/jwks')).toEqual(keys);
  expect(await manage(url, '/trace?mas=bank.demo')).toMatchObject({ events: [{ kind: 'policy_changed' }] });
  expect(await end(second)).toBe(0);
  expect(statSync(join(folder, 'data.key')).mode & 0o777).toBe(0o600);
}, 120_000);

it.each([
  [
    'a database without a key file',
    ['--database-url', 'postgres://127.0.0.1:1/x', '--base-url', 'http://casa.test'],
    '`--database-url` needs `--key-file`',
  ],
  ['a database without a base URL', ['--database-url', 'x'], '`--database-url` needs `--base-url`'],
  ['two places for data', ['--database-url', 'x', '--data-dir', 'y'], 'exclude each other'],
  ['a port that is none', ['--port', 'http'], '`--port` must be a port number'],
])('says what is wrong with its flags: %s', async (_title, flags, message) => {
  const child = start(flags);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([1, expect.stringContaining(message)]);
});
