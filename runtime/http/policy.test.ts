import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackBundle } from '../../compiler/bundle_tar.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { paths } from '../../policies/wire.ts';
import { PolicySet } from '../policy/policy_set.ts';
import { serveStoredMas } from '../policy/stored_mas.ts';
import { openStore } from '../store/open_store.ts';
import { bank } from './testing/bank.ts';
import { exchangeCall, refusal, select, startSession } from './testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from './testing/test_runtime.ts';

let runtime: TestRuntime;
let mas: TestMas;

beforeAll(async () => {
  runtime = await startTestRuntime();
  mas = await runtime.install(bank());
});
afterAll(() => runtime.close());

describe('a system that is applied', () => {
  it('is there, and is not made twice', async () => {
    expect((await runtime.admin('GET', '/mas/bank.demo')).json()).toMatchObject({ mas: 'bank.demo', ...bank() });
    expect((await runtime.admin('POST', '/mas', bank())).statusCode).toBe(409);
  });

  it('with mistakes gets all of them, and the last good revision keeps serving', async () => {
    const before = (await runtime.admin('GET', '/mas')).json();
    const broken = bank('bank', { enforcement: 'Sometimes', llm_host: 7 });
    const response = await runtime.admin('PUT', '/mas/bank.demo', broken);
    expect(response.statusCode).toBe(422);
    expect(response.json().issues.length).toBeGreaterThanOrEqual(2);
    expect((await runtime.admin('GET', '/mas')).json()).toEqual(before);
    expect((await startSession(mas)).token_type).toBe('Bearer');
  });

  it('is refused under the name of another', async () => {
    expect((await runtime.admin('PUT', '/mas/other.demo', bank())).statusCode).toBe(409);
  });

  it('reaches its enforcement points as a bundle with an ETag, and a waiting one at once', async () => {
    const url = paths.bundle(mas.mas);
    const first = await mas.pep('teller').get(url);
    const bundle = await unpackBundle(new Uint8Array(first.rawPayload));
    expect(first.headers.etag).toBe(`"${bundle.revision}"`);
    const known = { 'if-none-match': String(first.headers.etag) };
    expect((await mas.pep('teller').get(url, known)).statusCode).toBe(304);
    const waiting = mas.pep('teller').get(url, { ...known, prefer: 'wait=20' });
    await runtime.admin('PUT', '/mas/bank.demo', bank('bank', { enabledToolChecks: ['DETERMINISTIC_TOOL_SELECTED'] }));
    const second = await waiting;
    expect([second.statusCode, second.headers.etag !== first.headers.etag]).toEqual([200, true]);
    await runtime.admin('PUT', '/mas/bank.demo', bank());
  });

  it('in Audit lets through what it would refuse, and says so in the token and the decision', async () => {
    const audited = await runtime.install(bank('audited', { enforcement: 'Audit' }));
    const session = await startSession(audited);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: {} };
    const response = (await exchangeCall(audited, step)).json();
    expect(response.decision).toMatchObject({ allow: true, audit_only: true, reason: 'no_llm_calls_made_by_app' });
    const claims = JSON.parse(Buffer.from(response.access_token.split('.')[1], 'base64url').toString());
    expect(claims.audit).toBe(true);
  });

  it('takes its sessions, keys and clients along when it is deleted', async () => {
    const gone = await runtime.install(bank('gone'));
    const session = await startSession(gone);
    await select(gone, 'teller', session.session_id, []);
    expect((await runtime.admin('DELETE', '/mas/gone.demo')).statusCode).toBe(204);
    const step = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: {} };
    expect((await exchangeCall(gone, step)).statusCode).toBe(401);
    expect((await runtime.app.inject(paths.jwks('gone.demo'))).statusCode).toBe(404);
    const again = await runtime.install(bank('gone'));
    expect(refusal(await exchangeCall(again, step))).toEqual([403, 'token_invalid']);
  });
});

describe('a runtime that starts again', () => {
  it('serves what was stored, with the same keys', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'casa-runtime-'));
    const location = { kind: 'directory', path: join(directory, 'db') } as const;
    const first = await startTestRuntime(location);
    await first.install(bank());
    const revision = first.parts.policies.get('bank.demo')?.revision;
    await first.close();
    const store = await openStore(location, 0);
    const modules = readPolicyModules();
    const policies = await PolicySet.open(modules.wasm);
    expect(await serveStoredMas(store, policies, modules, 0)).toEqual([]);
    expect(policies.get('bank.demo')?.revision).toBe(revision);
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('is not ready, and denies, while a stored system cannot be served', async () => {
    await runtime.parts.store.query(
      `insert into mas (name, revision, resources, bundle, updated_at) values ('broken.demo', 'r', $1, $2, 0)`,
      ['{"multiAgentSystem":{},"policies":[]}', new Uint8Array()],
    );
    const modules = readPolicyModules();
    const notServed = await serveStoredMas(runtime.parts.store, runtime.parts.policies, modules, 0);
    expect(notServed.map((one) => one.mas)).toEqual(['broken.demo']);
    const ready = await runtime.app.inject(paths.ready);
    expect([ready.statusCode, ready.json().policy_missing]).toEqual([503, ['broken.demo']]);
    await runtime.admin('DELETE', '/mas/broken.demo');
    expect((await runtime.app.inject(paths.ready)).statusCode).toBe(200);
  });
});

describe('what everybody may read', () => {
  it('has public keys only, to be kept for a while', async () => {
    const response = await runtime.app.inject(paths.jwks(mas.mas));
    expect(response.headers['cache-control']).toBe('public, max-age=300');
    const { keys } = response.json();
    expect(keys.map((key: object) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
  });

  it('has the metadata of each issuer', async () => {
    const response = await runtime.app.inject('/.well-known/oauth-authorization-server/bank.demo');
    expect(response.json()).toMatchObject({
      issuer: 'http://runtime.test/bank.demo',
      jwks_uri: 'http://runtime.test/bank.demo/jwks',
    });
  });
});
