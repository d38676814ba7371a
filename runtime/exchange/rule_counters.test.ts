import { beforeAll, describe, expect, it } from 'vitest';
import { callQuestion } from '../../compiler/explain/call_question.ts';
import type { JsonObject } from '../../policies/contract.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { bank } from '../http/testing/bank.ts';
import { compileMas } from '../policy/compile_mas.ts';
import { PolicySet } from '../policy/policy_set.ts';
import { countedRules } from './rule_counters.ts';

const modules = readPolicyModules();
let policies: PolicySet;
beforeAll(async () => {
  policies = await PolicySet.open(modules.wasm);
});

/** The rules that a payment uses up, by their index, where the teller has these rules on `ledger/pay`. */
async function used(amount: number, ...rules: readonly JsonObject[]): Promise<readonly string[]> {
  const { multiAgentSystem } = bank();
  const spec = {
    targetRef: { kind: 'Deployment', name: 'teller' },
    tools: rules.map((rule) => ({ server: 'ledger', name: 'pay', effect: 'Allow', ...rule })),
  };
  const policy = {
    apiVersion: 'casa.io/v1alpha1',
    kind: 'CASAPolicy',
    metadata: { name: 'p', namespace: 'bank' },
    spec,
  };
  const compiled = await compileMas({ multiAgentSystem, policies: [policy] }, modules);
  if (compiled.kind === 'issues') throw new Error(JSON.stringify(compiled.issues));
  const { served } = compiled;
  policies.serve(served, 1);
  const asked = callQuestion(
    { mas: served.mas, system: served.system, pep: served.pep, maps: { mas: served.mas, apps: [] } },
    {
      app: 'teller',
      server: 'ledger',
      tool: 'pay',
      phase: 'exchange',
      arguments: { amount },
      selected: { calls: 1, match: 'exact', consumed: false },
      semantic: null,
      used: { calls: 0, sum: 0 },
    },
  );
  return countedRules(policies, served.system, asked).map(({ ruleId }) => ruleId.replace('bank/p#', ''));
}

const few = { limits: { callsPerSession: 2 } };
const little = { limits: { sum: { argument: 'amount', max: 100 } } };
const upTo = (maximum: number) => ({
  arguments: { type: 'object', properties: { amount: { type: 'number', maximum } } },
});

describe('a call uses up', () => {
  it('the one rule with limits that grants it', async () => {
    expect(await used(10, few)).toEqual(['0']);
    expect(await used(10, { ...little, limits: { sum: { argument: 'amount', max: 1e18 } } })).toEqual(['0']);
  });

  it('every rule with limits that grants it, so that two never count less than one', async () => {
    expect(await used(10, few, little)).toEqual(['0', '1']);
  });

  it('no rule whose arguments do not hold, or that this call is too large for', async () => {
    expect(await used(50, { ...few, ...upTo(10) }, little)).toEqual(['1']);
    expect(await used(500, few, little)).toEqual(['0']);
  });

  it('nothing where a rule without limits grants it', async () => {
    expect(await used(10, few, upTo(10))).toEqual([]);
    expect(await used(50, few, upTo(10))).toEqual(['0']);
  });
});
