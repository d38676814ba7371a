import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bank } from '../http/testing/bank.ts';
import { exchangeCall, select, startSession } from '../http/testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from '../http/testing/test_runtime.ts';
import { postgresMissing, type RealPostgres, startRealPostgres } from '../store/testing/real_postgres.ts';

describe.skipIf(postgresMissing !== null)(
  `on a real PostgreSQL${postgresMissing ? `: ${postgresMissing}` : ''}`,
  () => {
    let server: RealPostgres;
    let runtime: TestRuntime;
    let mas: TestMas;
    beforeAll(async () => {
      server = await startRealPostgres();
      runtime = await startTestRuntime({ kind: 'server', url: server.url });
      mas = await runtime.install(bank());
    });
    afterAll(async () => {
      await runtime?.close();
      await server?.stop();
    });

    const step = async () => {
      const session = await startSession(mas);
      await select(mas, 'teller', session.session_id, [['ledger/balance', { account: 'a1' }]]);
      const call = { app: 'teller', token: session.access_token, tool: 'ledger/balance', arguments: { account: 'a1' } };
      return { session, call };
    };

    it('of twenty exchanges of one selection at once exactly one gets a token', async () => {
      const { call } = await step();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => exchangeCall(mas, { ...call, callId: String(index) })),
      );
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(19).fill(403)]);
    });

    it('twenty times the same call at once is one call: one token id', async () => {
      const { call } = await step();
      const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeCall(mas, { ...call, callId: '7' })));
      const ids = answers.map(
        (answer) => JSON.parse(Buffer.from(answer.json().access_token.split('.')[1], 'base64url').toString()).jti,
      );
      expect(new Set(ids).size).toBe(1);
    });

    it('revoking while exchanges run neither blocks nor lets one through afterwards', async () => {
      const { session, call } = await step();
      const running = Array.from({ length: 6 }, (_, index) => exchangeCall(mas, { ...call, callId: String(index) }));
      const revoked = runtime.admin('DELETE', `/sessions/${session.session_id}`);
      const answers = await Promise.all([...running, revoked]);
      expect(answers.every(({ statusCode }) => [200, 204, 403].includes(statusCode))).toBe(true);
      expect((await exchangeCall(mas, { ...call, callId: 'late' })).statusCode).toBe(403);
    });
  },
);
