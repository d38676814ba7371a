import { expect, test } from 'vitest';
import type { CheckResult } from '../../policies/contract.ts';
import type { Behaviour, Expectation } from '../format/behaviour.ts';
import type { Driver, Outcome } from './driver.ts';
import { runBehaviours } from './run_behaviours.ts';

const checks: readonly CheckResult[] = [
  { check: 'TOKEN', outcome: 'BLOCK', reason: 'token_expired', detail: 'accounts' },
];
const outcome: Outcome = {
  decision: 'deny',
  reason: 'token_expired',
  tools: null,
  explain: async () => ({ phase: 'inbound', checks }),
};

function behaviour(expectation: Expectation, drivers: Behaviour['drivers'] = ['in_process']): Behaviour {
  const step = {
    kind: 'prompt',
    line: 7,
    prompt: { from: 'outside', to: 'clerk', text: 'hi' },
    expect: expectation,
  } as const;
  return {
    id: 'one',
    behaviour: 'one behaviour',
    source: 'one.yaml',
    systems: [],
    policies: [],
    clockMs: 0,
    drivers,
    steps: [step],
  };
}

/** Answers every step alike: only what is made of answers is under test here. */
function driverOf(answer: () => Promise<Outcome>, ended: string[] = []): Driver {
  return {
    name: 'in_process',
    begin: async () => ({ runStep: answer, end: async () => void ended.push('ended') }),
    close: async () => {},
  };
}

async function resultOf(expectation: Expectation, answer = async () => outcome) {
  const [result] = await runBehaviours([behaviour(expectation)], driverOf(answer), () => 0);
  return result;
}

test('a behaviour passes when all that it expects is so', async () => {
  const expectation = {
    decision: 'deny',
    reason: 'token_expired',
    phase: 'inbound',
    checks: { TOKEN: 'BLOCK' },
  } as const;
  expect(await resultOf(expectation)).toMatchObject({ result: 'passed', failure: null });
});

test.each([
  [{ decision: 'allow' }, 'decision allow, reason ok', 'decision deny, reason token_expired'],
  [{ decision: 'deny', reason: 'token_missing' }, 'reason token_missing', 'reason token_expired'],
  [{ decision: 'deny', phase: 'outbound' }, 'phase outbound', 'phase inbound'],
  [{ decision: 'deny', checks: { SCOPE: 'ALLOW' } }, 'SCOPE ALLOW', 'SCOPE not asked'],
  [{ decision: 'deny', tools: ['a/b'] }, 'tools a/b', 'tools no token'],
] as const)('a wrong expectation %o fails and names both sides', async (expectation, expected, got) => {
  expect((await resultOf(expectation))?.failure).toEqual({
    step: 1,
    line: 7,
    kind: 'prompt',
    expected,
    got,
    checks,
  });
});

test('a step that cannot be carried out fails the behaviour, and the run is ended all the same', async () => {
  const ended: string[] = [];
  const driver = driverOf(async () => {
    throw new Error('no socket', { cause: new Error('refused') });
  }, ended);
  const [result] = await runBehaviours([behaviour({ decision: 'deny' })], driver, () => 0);
  expect(result?.failure?.got).toBe('no socket: refused');
  expect(ended).toEqual(['ended']);
});

test('a behaviour that is not for a driver is skipped, never passed', async () => {
  const [result] = await runBehaviours(
    [behaviour({ decision: 'deny' }, ['grpc'])],
    driverOf(async () => outcome),
    () => 0,
  );
  expect(result?.result).toBe('skipped');
});
