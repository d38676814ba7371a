import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { paths, type TokenHashKey } from '../../policies/wire.ts';
import { temporaryKeyEncryption } from '../keys/key_encryption.ts';
import { postgresMissing, type RealPostgres, startRealPostgres } from '../store/testing/real_postgres.ts';
import { bank } from './testing/bank.ts';
import { exchangeCall, refusal, select, startSession } from './testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from './testing/test_runtime.ts';

const killsMax = 4;
// What is promised.
const soon = { timeout: 1_000, interval: 20 };

describe.skipIf(postgresMissing !== null)(
  `two replicas on one real PostgreSQL${postgresMissing ? `: ${postgresMissing}` : ''}`,
  () => {
    let server: RealPostgres;
    let a: TestRuntime;
    let b: TestRuntime;
    let masAtA: TestMas;
    let masAtB: TestMas;
    beforeAll(async () => {
      server = await startRealPostgres();
      const encryption = temporaryKeyEncryption();
      const location = { kind: 'server', url: server.url } as const;
      // At once, on an empty database: who comes second must find a whole one.
      [a, b] = await Promise.all([startTestRuntime(location, encryption), startTestRuntime(location, encryption)]);
      masAtA = await a.install(bank());
      masAtB = b.adopt(masAtA);
      await vi.waitUntil(() => b.parts.policies.get('bank.demo') !== null, soon);
    });
    afterAll(async () => {
      await Promise.all([a?.close(), b?.close()]);
      await server?.stop();
    });

    const step = async () => {
      const session = await startSession(masAtA);
      await select(masAtA, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
      const call = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
      return { session, call };
    };
    const served = (runtime: TestRuntime) => runtime.parts.policies.get('bank.demo')?.revision;

    it('sign with one key', async () => {
      const [one, other] = await Promise.all([a, b].map(({ app }) => app.inject(paths.jwks('bank.demo'))));
      expect(one?.json().keys).toHaveLength(1);
      expect(other?.json()).toEqual(one?.json());
    });

    it('hash tokens for node agents under one key', async () => {
      const answers = await Promise.all([masAtA, masAtB].map((mas) => mas.pep('teller').get(paths.tokenHashKey)));
      const [first, second] = answers.map((answer) => answer.json<TokenHashKey>().key);
      expect(first).toMatch(/^[0-9a-f]{32}$/);
      expect(second).toBe(first);
    });

    it('of 24 exchanges of one selection at once, half at each, exactly one gets a token', async () => {
      const { call } = await step();
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          exchangeCall(index % 2 === 0 ? masAtA : masAtB, { ...call, callId: String(index) }),
        ),
      );
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(23).fill(403)]);
    });

    it('a revocation at one wakes who waits at the other, which refuses the session at once', async () => {
      const { session, call } = await step();
      const feed = paths.revocations(masAtB.mas);
      const { sequence } = (await masAtB.pep('ledger').get(feed)).json();
      const waiting = masAtB.pep('ledger').get(`${feed}?after=${sequence}`, { prefer: 'wait=10' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const revokedMs = performance.now();
      await a.admin('DELETE', `/sessions/${session.session_id}`);
      expect((await waiting).json().revoked).toMatchObject([{ session_id: session.session_id }]);
      expect(performance.now() - revokedMs).toBeLessThan(soon.timeout);
      expect(refusal(await exchangeCall(masAtB, call))[0]).toBe(403);
    });

    it('a policy applied at one is soon served by the other, and wakes who waits for it there', async () => {
      const before = await masAtB.pep('teller').get(paths.bundle(masAtB.mas));
      const known = { 'if-none-match': String(before.headers.etag), prefer: 'wait=20' };
      const waiting = masAtB.pep('teller').get(paths.bundle(masAtB.mas), known);
      const changed = bank('bank', { enabledToolChecks: ['DETERMINISTIC_TOOL_SELECTED'] });
      await a.admin('PUT', '/mas/bank.demo', changed);
      await expect.poll(() => served(b), soon).toBe(served(a));
      expect((await waiting).headers.etag).toBe(`"${served(a)}"`);
      await b.admin('PUT', '/mas/bank.demo', bank());
      await expect.poll(() => served(a), soon).toBe(served(b));
    });

    it('a system deleted at one and made anew has one key at both', async () => {
      const gone = await a.install(bank('gone'));
      await expect.poll(() => b.parts.policies.get('gone.demo'), soon).not.toBeNull();
      const first = (await b.app.inject(paths.jwks(gone.mas))).json();
      await a.admin('DELETE', '/mas/gone.demo');
      await expect.poll(() => b.parts.policies.get('gone.demo'), soon).toBeNull();
      await b.install(bank('gone'));
      await expect.poll(() => a.parts.policies.get('gone.demo'), soon).not.toBeNull();
      const [one, other] = await Promise.all([a, b].map(({ app }) => app.inject(paths.jwks(gone.mas))));
      expect(one?.json()).toEqual(other?.json());
      expect(one?.json()).not.toEqual(first);
    });

    it('an enforcement point registered at the other right after its system was made is taken', async () => {
      for (let index = 0; index < 5; index += 1) {
        const { multiAgentSystem, policies } = bank(`fresh${index}`);
        await a.admin('POST', '/mas', { multiAgentSystem, policies });
        const key = await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey);
        const app = { mas: `fresh${index}.demo`, app: 'teller', jwks: { keys: [{ ...key, kid: 'k1' }] } };
        expect((await b.admin('POST', '/apps', app)).statusCode).toBe(201);
      }
      const unknown = { mas: 'nobody.demo', app: 'teller', jwks: { keys: [] } };
      expect((await b.admin('POST', '/apps', unknown)).statusCode).toBeGreaterThanOrEqual(400);
    });

    it('a replica is not ready while a change is stored that it does not serve', async () => {
      const isReady = () => b.app.inject(paths.ready).then(({ statusCode }) => statusCode === 200);
      await expect.poll(isReady, soon).toBe(true);
      const [row] = await b.parts.store.query<{ n: number }>('select policy_sequence as n from mas where name = $1', [
        'bank.demo',
      ]);
      const served = b.parts.policies.get('bank.demo');
      if (served === null) throw new Error('the bank is served');
      b.parts.policies.serve(served, (row?.n ?? 0) - 1);
      const ready = await b.app.inject(paths.ready);
      expect([ready.statusCode, ready.json().policy_behind]).toEqual([503, ['bank.demo']]);
      await expect.poll(isReady, soon).toBe(true);
    });

    it('a change of which nobody was told is found all the same', async () => {
      const { served: now } = { served: served(b) };
      await a.parts.store.query("update mas set policy_sequence = nextval('mas_policy_sequence') where name = $1", [
        'bank.demo',
      ]);
      const [row] = await a.parts.store.query<{ n: number }>('select policy_sequence as n from mas where name = $1', [
        'bank.demo',
      ]);
      await expect.poll(() => b.parts.policies.sequence('bank.demo'), soon).toBe(row?.n);
      expect(served(b)).toBe(now);
    });

    it(`a server killed ${killsMax} times under load loses nothing acknowledged, lets nothing through meanwhile, and is found again`, async () => {
      for (let kill = 0; kill < killsMax; kill += 1) {
        const acknowledged: string[] = [];
        let isOver = false;
        const load = async (mas: TestMas) => {
          while (!isOver) {
            const session = await startSession(mas).catch((error: Error) => error);
            if ('session_id' in session) acknowledged.push(session.session_id);
            else expect(session.message).toContain('store_unavailable');
          }
        };
        const running = [load(masAtA), load(masAtB)];
        await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(5);
        await server.kill();
        expect((await a.app.inject(paths.ready)).statusCode).toBe(503);
        await server.start();
        for (const mas of [masAtA, masAtB]) {
          await expect
            .poll(
              () =>
                startSession(mas).then(
                  () => true,
                  () => false,
                ),
              { timeout: 10_000 },
            )
            .toBe(true);
        }
        isOver = true;
        await Promise.all(running);
        const rows = await b.parts.store.query<{ n: number }>(
          'select count(*) as n from sessions where session_id = any($1::text[])',
          [acknowledged],
        );
        expect(rows[0]?.n).toBe(acknowledged.length);
      }
      const { session } = await step();
      const feed = paths.revocations(masAtB.mas);
      const { sequence } = (await masAtB.pep('ledger').get(feed)).json();
      const waiting = masAtB.pep('ledger').get(`${feed}?after=${sequence}`, { prefer: 'wait=10' });
      await a.admin('DELETE', `/sessions/${session.session_id}`);
      expect((await waiting).json().revoked).toMatchObject([{ session_id: session.session_id }]);
    }, 120_000);
  },
);
