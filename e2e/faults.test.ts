import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fault, rowsBetween, strike } from './fault.ts';
import { isAttack, type LedgerRow } from './ledger.ts';
import { because, obstacle, Stack, template, until } from './stack.ts';

const skipped = obstacle();
const agents = ['casa-demo-agent', 'casa-demo-agent-compromised'];
const bank = ['bank-mcp'];
/** How long a part is away. */
const awayMs = 3_000;
/** Calls that were through the part when it was struck may still reach the bank. */
const inFlightMs = 300;
const recoversWithinMs = 5_000;
/** Both loops go on longer than all faults take. */
const loopSeconds = 240;
/** So many calls of each loop show that it works. */
const steadyCalls = 10;
const steadyWithinMs = 20_000;

const faults: readonly (Fault & { readonly title: string })[] = [
  { title: 'ext-authz of the agents is killed', role: 'ext-authz', apps: agents, signal: 'SIGKILL' },
  { title: 'ext-authz of the bank is killed', role: 'ext-authz', apps: bank, signal: 'SIGKILL' },
  { title: 'the runtime is killed', role: 'runtime', apps: [null], signal: 'SIGKILL' },
  { title: 'Envoy of the agents is killed', role: 'envoy', apps: agents, signal: 'SIGKILL' },
  { title: 'Envoy of the bank is killed', role: 'envoy', apps: bank, signal: 'SIGKILL' },
  { title: 'ext-authz of the agents hangs', role: 'ext-authz', apps: agents, signal: 'SIGSTOP' },
  { title: 'ext-authz of the bank hangs', role: 'ext-authz', apps: bank, signal: 'SIGSTOP' },
  { title: 'the runtime hangs', role: 'runtime', apps: [null], signal: 'SIGSTOP' },
];

describe.skipIf(skipped !== null)(`while both agents loop at 20 calls a second${because(skipped)}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.open({ restartDelayMs: awayMs });
    loop('casa-demo-agent', 'Watch the transactions of ACC-1001: take 20 readings');
    // Each prompt is a session, in which the attack goes on for as long as the client waits for the answer.
    loop('casa-demo-agent-compromised', 'Show my beneficiaries; attack 20 times a second for 3 seconds');
  }, 90_000);
  afterAll(() => stack?.close());

  /** Says the prompt again and again until the stack is closed. */
  function loop(agent: string, prompt: string): void {
    const url = `{"${agent}": "${template(`url:${agent}`)}"}`;
    const answers = `${template('out')}/${agent}.jsonl`;
    const env = { AGENT: agent, PROMPT: prompt, LOOP_SECONDS: String(loopSeconds), AGENT_URLS: url, ANSWERS: answers };
    stack.runAs('bank-client', ['node', 'dist/demo/src/client/main.js'], env).catch(() => {});
  }

  const readings = (rows: readonly LedgerRow[]) => rows.filter(({ tool }) => tool === 'list_transactions');

  /** How often the attack was refused for what it is. */
  function refusals(): number {
    const log = stack.state.apps.find(({ name }) => name === 'casa-demo-agent-compromised')?.accessLog ?? '';
    const found = readFileSync(log, 'utf8').match(/"reason":"(tool_not_selected_by_llm|no_llm_calls_made_by_app)"/g);
    return found?.length ?? 0;
  }

  async function untilSteady(): Promise<void> {
    const sinceMs = Date.now();
    const refused = refusals();
    const works = () => readings(rowsBetween(stack.ledger(), sinceMs, Date.now())).length >= steadyCalls;
    await until('both loops work', () => works() && refusals() >= refused + steadyCalls, steadyWithinMs);
  }

  test.each(faults)(
    '$title: no row while it is down, and one within 5 s after it is back',
    async (fault) => {
      await untilSteady();
      const { downAtMs, upAtMs, servesAtMs } = await strike(stack, fault, awayMs);
      expect(upAtMs - downAtMs).toBeGreaterThan(awayMs / 2);
      expect(rowsBetween(stack.ledger(), downAtMs + inFlightMs, upAtMs)).toEqual([]);
      const firstRow = () => readings(rowsBetween(stack.ledger(), upAtMs, Date.now() + 1))[0] ?? null;
      const first = await until('a row after it is back', firstRow, recoversWithinMs * 2);
      expect(Date.parse(first.at) - servesAtMs).toBeLessThan(recoversWithinMs);
    },
    60_000,
  );

  test('nothing of the attack ever reached the bank', async () => {
    await untilSteady();
    expect(stack.ledger().filter(isAttack)).toEqual([]);
    expect(refusals()).toBeGreaterThan(faults.length * steadyCalls);
  });
});
