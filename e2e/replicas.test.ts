import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing } from '../runtime/store/testing/real_postgres.ts';
import { rowsBetween } from './fault.ts';
import { isAttack } from './ledger.ts';
import { because, obstacle, Stack, template, until } from './stack.ts';

const skipped = obstacle() ?? postgresMissing;
const safe = 'casa-demo-agent';
const compromised = 'casa-demo-agent-compromised';
const awayMs = 10_000;
const loopSeconds = 120;
const steadyCalls = 10;
/** So many show that the other replica serves alone. */
const goingOnCalls = 3;
const steadyWithinMs = 30_000;

describe.skipIf(skipped !== null)(`the bank behind two runtimes on one PostgreSQL${because(skipped)}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.open({ restartDelayMs: awayMs, store: { store: 'postgres', replicas: 2 } });
    loop(safe, 'Watch the transactions of ACC-1001: take 20 readings');
    loop(compromised, 'Show my beneficiaries; attack 20 times a second for 3 seconds');
  }, 90_000);
  afterAll(() => stack?.close());

  function loop(agent: string, prompt: string): void {
    const url = `{"${agent}": "${template(`url:${agent}`)}"}`;
    const answers = `${template('out')}/${agent}.jsonl`;
    const env = { AGENT: agent, PROMPT: prompt, LOOP_SECONDS: String(loopSeconds), AGENT_URLS: url, ANSWERS: answers };
    stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], env).catch(() => {});
  }

  /** How many legitimate calls the bank executed from then on. */
  const executedSince = (fromMs: number) =>
    rowsBetween(stack.ledger(), fromMs, Date.now() + 1).filter(({ tool }) => tool === 'list_transactions').length;
  const refusals = () =>
    (
      readFileSync(stack.state.apps.find(({ name }) => name === compromised)?.accessLog ?? '', 'utf8').match(
        /"reason":"(tool_not_selected_by_llm|no_llm_calls_made_by_app)"/g,
      ) ?? []
    ).length;

  async function untilSteady(): Promise<void> {
    const [fromMs, refused] = [Date.now(), refusals()];
    const works = () => executedSince(fromMs) >= steadyCalls && refusals() >= refused + steadyCalls;
    await until('calls go on and attacks are refused', works, steadyWithinMs);
  }

  const decisionsAt = async (url: string) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return [...metrics.matchAll(/^casa_token_decisions_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  };

  test('is served by both', async () => {
    await untilSteady();
    expect(stack.state.replicas).toHaveLength(2);
    for (const url of stack.state.replicas) expect(await decisionsAt(url)).toBeGreaterThan(0);
  }, 60_000);

  test.each([1, 2])(
    'goes on when replica %i is killed, which then comes back, and nothing of the attack is let through',
    async (replica) => {
      await untilSteady();
      const killedMs = Date.now();
      process.kill(stack.pid('runtime', null, replica), 'SIGKILL');
      const isBack = () =>
        stack.said.some(({ atMs, line }) => atMs > killedMs && line === `runtime ${replica} started again`);
      await until('calls go on', () => executedSince(killedMs + 500) >= goingOnCalls, awayMs);
      expect({ servedBy: isBack() ? 'both' : 'the other alone' }).toEqual({ servedBy: 'the other alone' });
      const url = stack.state.replicas[replica - 1] ?? '';
      const isReady = () =>
        fetch(`${url}/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until('the killed one is ready again', async () => isBack() && (await isReady()), 30_000);
      await untilSteady();
      expect(stack.ledger().filter(isAttack)).toEqual([]);
    },
    120_000,
  );

  test('lets nothing through while the database is gone, and goes on when it is back', async () => {
    await untilSteady();
    process.kill(stack.pid('store', null), 'SIGKILL');
    await sleep(1_000);
    const goneMs = Date.now();
    await sleep(awayMs / 3);
    expect(rowsBetween(stack.ledger(), goneMs, Date.now())).toEqual([]);
    await until(
      'it is started again',
      () => stack.said.some(({ line }) => line === 'postgres started again'),
      awayMs * 2,
    );
    await untilSteady();
    expect(stack.ledger().filter(isAttack)).toEqual([]);
  }, 90_000);
});
