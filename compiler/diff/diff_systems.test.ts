import { beforeAll, describe, expect, test } from 'vitest';
import { PolicyEngine } from '../../policies/engine/engine.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import type { EvaluateOn } from '../explain/rule_matches.ts';
import { compileText } from '../testing.ts';
import { diffSystems } from './diff_systems.ts';

const system = `apiVersion: casa.io/v1alpha1
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
      tools:
        - { name: look }
        - { name: pay, inputSchema: { type: object, required: [amount, to], properties: { amount: { type: number }, to: { type: string } } } }
        - { name: wipe }
`;
const policy = (rules: string, more = '') => `${system}---
apiVersion: casa.io/v1alpha1
kind: CASAPolicy
metadata: { name: clerk, namespace: n }
spec:
  targetRef: { kind: Deployment, name: clerk }
${more}  tools:
    - { server: till, name: look, effect: Allow }
${rules}`;
const pay = (maximum: number, limits = '') =>
  `    - { server: till, name: pay, effect: Allow, arguments: { properties: { amount: { type: number, maximum: ${maximum} } } }${limits} }\n`;

describe('diffSystems', () => {
  let evaluateOn: EvaluateOn;
  beforeAll(async () => {
    const engine = await PolicyEngine.open(readPolicyModules().wasm);
    evaluateOn = (document, input) => {
      engine.load(document.name, { mas: document }, 'diff');
      return engine.evaluate(input);
    };
  });
  const diff = (old: string, now: string) => diffSystems(compileText(old), compileText(now), evaluateOn);

  test('nothing is said of manifests that decide alike', () => {
    expect(diff(policy(pay(10)), policy(pay(10)))).toEqual([]);
  });

  test('a planted widening is named by tool and rule, with a call that it lets through', () => {
    expect(diff(policy(pay(10)), policy(`${pay(10)}    - { server: till, name: "w*", effect: Allow }\n`))).toEqual([
      {
        kind: 'tool',
        mas: 'n.shop',
        app: 'clerk',
        server: 'till',
        tool: 'wipe',
        change: 'newly_allowed',
        rules: { old: [], new: ['n/clerk#2'] },
        example: { arguments: {}, circumstance: 'selected by the LLM', old: 'tool_denied_by_policy', new: 'ok' },
      },
    ]);
  });

  test('a bound that was raised is found by arguments between the two', () => {
    expect(diff(policy(pay(10)), policy(pay(500)))).toMatchObject([
      {
        tool: 'pay',
        change: 'newly_allowed',
        example: { arguments: { amount: 500, to: 'x' }, old: 'arguments_denied_by_policy' },
      },
    ]);
  });

  test('the same change backwards is newly denied', () => {
    expect(diff(policy(pay(500)), policy(pay(10)))).toMatchObject([{ tool: 'pay', change: 'newly_denied' }]);
  });

  test('a limit that was raised is found by calls before it', () => {
    const limited = (calls: number) => pay(10, `, limits: { callsPerSession: ${calls} }`);
    expect(diff(policy(limited(2)), policy(limited(3)))).toMatchObject([
      {
        tool: 'pay',
        change: 'newly_allowed',
        example: { circumstance: 'after 2 calls with a sum of 0 in the session' },
      },
    ]);
  });

  test('a check that was switched off newly allows what the LLM did not select', () => {
    const off = policy(pay(10)).replace(
      '  name: Shop\n',
      '  name: Shop\n  enabledToolChecks: [DETERMINISTIC_TOOL_SELECTED]\n',
    );
    const changes = diff(policy(pay(10)), off);
    expect(
      changes.map((change) => change.kind === 'tool' && [change.tool, change.example.circumstance]),
    ).toContainEqual(['look', 'selected with other arguments']);
  });

  test('a new destination is newly allowed', () => {
    const open = '  allowedProtocols: [mcp, http]\n  allowedEndpoints:\n    - { name: till }\n';
    const wider = `${open}    - { fqdn: api.example.com, port: 443, protocol: http }\n`;
    expect(diff(policy(pay(10), open), policy(pay(10), wider))).toEqual([
      {
        kind: 'destination',
        mas: 'n.shop',
        app: 'clerk',
        change: 'newly_allowed',
        destination: 'http api.example.com:443',
      },
    ]);
  });
});
