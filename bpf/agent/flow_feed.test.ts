import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Flow } from '../../policies/trace.ts';
import { FlowFeed, flowsWaitingMax } from './flow_feed.ts';
import { openRuntimeAccess } from './runtime_access.ts';

const folder = mkdtempSync(join(tmpdir(), 'casa-feed-'));
const keyFile = join(folder, 'key.json');
const config = { urlFile: join(folder, 'url'), credential: { kind: 'key', file: keyFile }, keycloakUrl: null } as const;
const pair = await generateKeyPair('ES256', { extractable: true });

beforeAll(async () => {
  writeFileSync(keyFile, JSON.stringify({ ...(await exportJWK(pair.privateKey)), kid: 'node' }));
});
afterAll(() => rmSync(folder, { recursive: true }));

function flowOf(app: string | null, id: string): Flow {
  return {
    kind: 'flow',
    event_id: id,
    mas: 'bank.shop',
    session_id: null,
    at: '2026-01-01T00:00:00.000Z',
    trace_id: null,
    token_hash: null,
    app,
    destination: '192.0.2.1',
    port: 443,
    proto: 'tcp',
    command: 'node',
    verdict: 'deny',
    bearer: null,
  };
}

/** A runtime that answers the statuses in turn, and what it was sent. */
function runtimeOf(...statuses: readonly number[]) {
  const left = [...statuses];
  const asked: { readonly token: string; readonly ids: readonly string[] }[] = [];
  const answer: typeof fetch = async (_url, init) => {
    const { authorization } = Object(init?.headers);
    const ids = JSON.parse(String(init?.body)).events.map((event: Flow) => event.event_id);
    asked.push({ token: String(authorization).replace('Bearer ', ''), ids });
    return new Response('{}', { status: left.shift() ?? 200 });
  };
  let made = 0;
  const uuid = () => {
    made += 1;
    return `jti-${made}`;
  };
  return {
    asked,
    feed: new FlowFeed(openRuntimeAccess(config, { now: Date.now, monotonicMs: () => 0, uuid, fetch: answer })),
  };
}

test('flows are told in the name of the app whose they are, each batch with an assertion of its own', async () => {
  const { asked, feed } = runtimeOf();
  for (const [app, id] of Object.entries({ teller: 'a', auditor: 'b' })) feed.push(flowOf(app, id));
  feed.push(flowOf('teller', 'c'));
  await feed.flush();
  expect(asked).toEqual([]); // the runtime is not there yet
  writeFileSync(config.urlFile, 'http://127.0.0.1:8000\n');
  await feed.flush();
  expect(asked.map(({ ids }) => ids)).toEqual([['a', 'c'], ['b']]);
  for (const [index, app] of ['teller', 'auditor'].entries()) {
    const { payload } = await jwtVerify(asked[index]?.token ?? '', pair.publicKey, {
      audience: 'http://127.0.0.1:8000',
    });
    expect(payload).toMatchObject({ iss: `bank.shop/${app}`, sub: `bank.shop/${app}`, jti: `jti-${index + 1}` });
  }
});

test('what the runtime cannot take now waits, and what it does not want is counted', async () => {
  writeFileSync(config.urlFile, 'http://127.0.0.1:8000');
  const { asked, feed } = runtimeOf(503, 401, 400);
  feed.push(flowOf('teller', 'a'));
  for (let turn = 0; turn < 4; turn += 1) await feed.flush();
  expect({ asked: asked.length, dropped: feed.dropped }).toEqual({ asked: 3, dropped: 1 });
});

test('an app that the runtime does not take from yet keeps nobody else waiting', async () => {
  writeFileSync(config.urlFile, 'http://127.0.0.1:8000');
  const { asked, feed } = runtimeOf(401);
  feed.push(flowOf('teller', 'a'));
  feed.push(flowOf('auditor', 'b'));
  await feed.flush();
  await feed.flush();
  expect(asked.map(({ ids }) => ids)).toEqual([['a'], ['b'], ['a']]);
});

test('a flood of flows is bounded, and a flow of no app is nobody to tell of; both are counted', () => {
  const { feed } = runtimeOf();
  for (let index = 0; index < flowsWaitingMax + 2; index += 1) feed.push(flowOf('teller', String(index)));
  feed.push(flowOf(null, 'x'));
  expect(feed.dropped).toBe(3);
});
