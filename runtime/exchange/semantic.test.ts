import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision, JsonObject } from '../../policies/contract.ts';
import type { RefusedResponse } from '../../policies/wire.ts';
import { bank } from '../http/testing/bank.ts';
import { exchangeCall, granted, refusal, select, startAsClient, startSession } from '../http/testing/steps.ts';
import { startTestRuntime, type TestMas, type TestRuntime } from '../http/testing/test_runtime.ts';
import { installModel, installTimeoutMs } from '../semantic/testing/install_model.ts';

const checks = ['DETERMINISTIC_TOOL_SELECTED', 'DETERMINISTIC_LLM_SELECTED_TOOLS', 'AI_POWERED_TOOL_MATCH'];
let runtime: TestRuntime;
let mas: TestMas;

beforeAll(async () => {
  await installModel();
  runtime = await startTestRuntime();
  mas = await runtime.install(bank('semantic', { enabledToolChecks: checks }));
  await runtime.parts.semantic.warm({ cacheTtlSeconds: 0 }, []);
}, installTimeoutMs);
afterAll(() => runtime.close());

const payment = { to: 'mallory', amount: 10 };

/** The LLM selects the tool, and the agent calls it. */
async function call(of: TestMas, words: string, tool: string, given: JsonObject) {
  const { access_token: token, session_id: session } = await startSession(of, 'teller', words);
  await select(of, 'teller', session, [[tool, given]]);
  return exchangeCall(of, { app: 'teller', token, tool, arguments: given, callId: '1' });
}

function outcomes(decision: Decision): readonly (readonly [string, string])[] {
  return decision.checks.filter(({ check }) => checks.includes(check)).map(({ check, outcome }) => [check, outcome]);
}

describe('an exchange with the semantic check', () => {
  it('refuses an act that the LLM selected and the user did not ask for', async () => {
    const response = await call(mas, 'What is my balance?', 'ledger/pay', payment);
    expect(refusal(response)).toEqual([403, 'tool_intent_mismatch']);
    expect(outcomes(response.json<RefusedResponse & { decision: Decision }>().decision)).toEqual([
      ['DETERMINISTIC_TOOL_SELECTED', 'ALLOW'],
      ['DETERMINISTIC_LLM_SELECTED_TOOLS', 'ALLOW'],
      ['AI_POWERED_TOOL_MATCH', 'BLOCK'],
    ]);
  });

  it('grants the act that the user asked for, and what reads', async () => {
    const paid = granted(await call(mas, 'Pay 10 euros to mallory', 'ledger/pay', payment));
    expect(paid.tools).toEqual(['ledger/pay']);
    expect(outcomes(paid.decision).at(-1)).toEqual(['AI_POWERED_TOOL_MATCH', 'ALLOW']);
    expect(granted(await call(mas, 'What is my balance?', 'ledger/balance', {})).tools).toEqual(['ledger/balance']);
  });

  it('consumes and counts what it grants once, although the rules are asked twice', async () => {
    const words = 'Pay 10 euros to mallory';
    const { access_token: token, session_id: session } = await startSession(mas, 'teller', words);
    await select(mas, 'teller', session, [['ledger/pay', payment]]);
    const step = { app: 'teller', token, tool: 'ledger/pay', arguments: payment };
    granted(await exchangeCall(mas, { ...step, callId: 'a' }));
    granted(await exchangeCall(mas, { ...step, callId: 'a' }));
    expect(refusal(await exchangeCall(mas, { ...step, callId: 'b' }))).toEqual([403, 'selection_consumed']);
    const counted = await runtime.parts.store.query('select calls from rule_counters where session_id = $1', [session]);
    expect(counted).toEqual([{ calls: 1 }]);
  });

  it('is not asked for a verdict when another check refuses already', async () => {
    const { access_token: token } = await startSession(mas, 'teller', 'What is my balance?');
    const response = await exchangeCall(mas, { app: 'teller', token, tool: 'ledger/pay', arguments: payment });
    expect(refusal(response)).toEqual([403, 'no_llm_calls_made_by_app']);
  });

  it('reads the words before only where the latest agree, and of nobody that cannot be told apart', async () => {
    await startSession(mas, 'teller', 'Pay 10 euros to mallory');
    expect(refusal(await call(mas, 'yes please', 'ledger/pay', payment))).toEqual([403, 'tool_intent_mismatch']);
  });

  it('takes a yes of the same client for what it asked for before', async () => {
    await startAsClient(mas, 'Pay 10 euros to mallory');
    runtime.clock.ms += 1_000;
    const { access_token: token, session_id: session } = await startAsClient(mas, 'yes please');
    await select(mas, 'teller', session, [['ledger/pay', payment]]);
    granted(await exchangeCall(mas, { app: 'teller', token, tool: 'ledger/pay', arguments: payment }));
    const another = await startAsClient(mas, 'What is my balance?');
    await select(mas, 'teller', another.session_id, [['ledger/pay', payment]]);
    const step = { app: 'teller', token: another.access_token, tool: 'ledger/pay', arguments: payment };
    expect(refusal(await exchangeCall(mas, step))).toEqual([403, 'tool_intent_mismatch']);
  });

  it('refuses where there is no verdict', async () => {
    const verified = { enabledToolChecks: checks, semanticCheck: { strategy: 'llm_verifier' } };
    const without = await runtime.install(bank('unverified', verified));
    const response = await call(without, 'Pay 10 euros to mallory', 'ledger/pay', payment);
    expect(refusal(response)).toEqual([403, 'semantic_unavailable']);
  });

  it('believes the classes that the operator declared', async () => {
    const registration = bank('declared', { enabledToolChecks: checks });
    const spec = registration.multiAgentSystem.spec as unknown as {
      apps: { tools?: { name: string; classes?: string[] }[] }[];
    };
    for (const tool of spec.apps.flatMap(({ tools = [] }) => tools)) {
      if (tool.name === 'balance') tool.classes = ['execute'];
    }
    const declared = await runtime.install(registration);
    const response = await call(declared, 'What is my balance?', 'ledger/balance', {});
    expect(refusal(response)).toEqual([403, 'tool_intent_mismatch']);
  });

  it('says in Audit what Enforce would have said, and lets the call through', async () => {
    const audited = await runtime.install(bank('audited', { enabledToolChecks: checks, enforcement: 'Audit' }));
    const { decision } = granted(await call(audited, 'What is my balance?', 'ledger/pay', payment));
    expect([decision.allow, decision.audit_only, decision.reason]).toEqual([true, true, 'tool_intent_mismatch']);
  });
});
