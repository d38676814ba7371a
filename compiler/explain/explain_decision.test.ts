import { beforeAll, describe, expect, test } from 'vitest';
import { PolicyEngine } from '../../policies/engine/engine.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { compileText } from '../testing.ts';
import { callQuestion, type SupposedCall } from './call_question.ts';
import { explainDecision } from './explain_decision.ts';
import type { EvaluateOn } from './rule_matches.ts';

const manifests = `apiVersion: casa.io/v1alpha1
kind: MultiAgentSystem
metadata: { name: shop, namespace: n }
spec:
  name: Shop
  llm_host: llm.example.com
  apps:
    - { name: clerk, type: agent, kubernetesWorkloadName: clerk, baseUrl: { host: "clerk:80", scheme: http } }
    - name: till
      type: mcp_server
      kubernetesWorkloadName: till
      baseUrl: { host: "till:80", scheme: http }
      tools: [{ name: look }, { name: pay }, { name: wipe }]
---
apiVersion: casa.io/v1alpha1
kind: CASAPolicy
metadata: { name: clerk, namespace: n }
spec:
  targetRef: { kind: Deployment, name: clerk }
  tools:
    - { server: till, name: look, effect: Allow }
    - { server: till, name: pay, effect: Allow, limits: { callsPerSession: 2 } }
    - { server: till, name: pay, effect: Deny, arguments: { required: [to], properties: { to: { const: mallory } } } }
`;

const call: SupposedCall = {
  app: 'clerk',
  server: 'till',
  tool: 'pay',
  arguments: { to: 'alice' },
  phase: 'exchange',
  selected: { calls: 1, match: 'exact', consumed: false },
  semantic: null,
  used: { calls: 0, sum: 0 },
};

describe('explainDecision', () => {
  let evaluateOn: EvaluateOn;
  beforeAll(async () => {
    const engine = await PolicyEngine.open(readPolicyModules().wasm);
    evaluateOn = (system, input) => {
      engine.load(system.name, { mas: system }, 'explained');
      return engine.evaluate(input);
    };
  });

  function explain(change: Partial<SupposedCall>) {
    const [compiled] = compileText(manifests).systems;
    if (compiled === undefined) throw new Error('not compiled');
    const question = callQuestion(compiled, { ...call, ...change });
    const { decision, rules, flips } = explainDecision(compiled.system, question, evaluateOn);
    const deciding = rules.filter(({ decides }) => decides).map(({ id }) => id);
    return { reason: decision.reason, deciding, flips };
  }

  test('an allowed call is decided by the rule that matches, and a Deny that does not match decides nothing', () => {
    expect(explain({})).toEqual({
      reason: 'ok',
      deciding: ['n/clerk#1'],
      flips: ['remove the rule n/clerk#1, unless another `Allow` matches', 'add a `Deny` rule that matches the call'],
    });
  });

  test.each<[string, Partial<SupposedCall>, string, readonly string[], string]>([
    [
      'a matching Deny',
      { arguments: { to: 'mallory' } },
      'arguments_denied_by_policy',
      ['n/clerk#2'],
      'call with arguments that the `Deny` rule n/clerk#2 does not match, or narrow it',
    ],
    [
      'a limit',
      { used: { calls: 2, sum: 0 } },
      'limit_exceeded',
      ['n/clerk#1'],
      'a new session, or higher `limits` in n/clerk#1',
    ],
    [
      'a tool without a rule',
      { tool: 'wipe' },
      'tool_denied_by_policy',
      [],
      "add an `Allow` rule for `till/wipe` to the caller's CASAPolicy",
    ],
    [
      'an unknown tool',
      { tool: 'fly' },
      'tool_unknown',
      [],
      'list the tool under `apps[].tools` of its server, or have the server list it',
    ],
  ])('%s is named, with a way out', (_, change, reason, deciding, flip) => {
    const explained = explain(change);
    expect(explained).toMatchObject({ reason, deciding });
    expect(explained.flips[0]).toBe(flip);
  });
});
