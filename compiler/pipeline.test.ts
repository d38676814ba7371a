import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadValues } from '../crds/load.ts';
import type { DecisionInput, JsonObject } from '../policies/contract.ts';
import { PolicyEngine } from '../policies/engine/engine.ts';
import { type PolicyModules, readPolicyModules } from '../policies/read_modules.ts';
import { type Bundle, emitBundle } from './bundle.ts';
import { type CompiledMas, compile } from './compile.ts';
import { callQuestion } from './explain/call_question.ts';

const mas = 'x.x';
const agents = ['a', 'b'];
const servers = ['s', 't'];
const tools = ['get_one', 'get_two', 'put'];

interface Rule {
  readonly server: string;
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  readonly bound: number | null;
  readonly calls: number | null;
}

interface Policy {
  readonly agent: string;
  readonly endpoints: readonly string[] | null;
  readonly protocols: readonly string[] | null;
  readonly rules: readonly Rule[] | null;
}

let engine: PolicyEngine;
let modules: PolicyModules;
beforeAll(async () => {
  modules = readPolicyModules();
  engine = await PolicyEngine.open(modules.wasm);
});

function system(known: readonly string[] = tools): JsonObject {
  const app = (name: string, type: string, more: JsonObject) => ({
    name,
    type,
    kubernetesWorkloadName: name,
    baseUrl: { host: `${name}:80`, scheme: 'http' },
    ...more,
  });
  const apps = [
    ...agents.map((name) => app(name, 'agent', { httpRequestSchema: { promptFieldJsonPath: '{.p}' } })),
    ...servers.map((name) => app(name, 'mcp_server', { tools: known.map((tool) => ({ name: tool })) })),
    app('user', 'client', {}),
  ];
  const spec = { name: 'x', llm_host: 'llm.example.com', apps };
  return { apiVersion: 'casa.io/v1alpha1', kind: 'MultiAgentSystem', metadata: { name: 'x', namespace: 'x' }, spec };
}

function manifest({ agent, endpoints, protocols, rules }: Policy, index: number): JsonObject {
  const spec = {
    targetRef: { kind: 'Deployment', name: agent },
    ...(protocols === null ? {} : { allowedProtocols: protocols }),
    ...(endpoints === null ? {} : { allowedEndpoints: endpoints.map((name) => ({ name })) }),
    ...(rules === null ? {} : { tools: rules.map(ruleManifest) }),
  };
  const metadata = { name: `p${index}`, namespace: 'x' };
  return { apiVersion: 'casa.io/v1alpha1', kind: 'CASAPolicy', metadata, spec };
}

function ruleManifest({ server, name, effect, bound, calls }: Rule): JsonObject {
  return {
    server,
    name,
    effect,
    ...(bound === null
      ? {}
      : { arguments: { type: 'object', properties: { amount: { type: 'number', maximum: bound } } } }),
    ...(calls === null || effect === 'Deny' ? {} : { limits: { callsPerSession: calls } }),
  };
}

/** Manifests to a bundle, and to the data that the engine reads from its bytes; null: there are errors. */
function pipeline(values: readonly JsonObject[]): { readonly compiled: CompiledMas; readonly bundle: Bundle } | null {
  const [compiled] = compile(loadValues(values)).systems;
  return compiled === undefined ? null : { compiled, bundle: emitBundle(compiled, modules) };
}

/** Every call that is allowed, as text. What does not compile allows nothing. */
function allowed(values: readonly JsonObject[]): ReadonlySet<string> {
  const made = pipeline(values);
  const found = new Set<string>();
  if (made === null) return found;
  const data = Buffer.from(made.bundle.files['data.json'] ?? []).toString('utf8');
  engine.load(mas, JSON.parse(data), made.bundle.revision);
  for (const { name, question } of questions(made.compiled)) {
    const { allow, grant } = engine.evaluate(question);
    if (allow) found.add(name);
    for (const tool of allow ? grant.tools : []) found.add(`${name} grants ${tool}`);
  }
  return found;
}

function questions(compiled: CompiledMas): readonly { readonly name: string; readonly question: DecisionInput }[] {
  return ['user', ...agents].flatMap((app) =>
    servers.flatMap((server) =>
      tools.flatMap((tool) =>
        [1, 100].flatMap((amount) =>
          (['issue', 'outbound', 'exchange'] as const).map((phase) => ({
            name: JSON.stringify([phase, app, server, tool, amount]),
            question: callQuestion(compiled, {
              app,
              server,
              tool,
              phase,
              arguments: { amount },
              selected: { calls: 1, match: 'exact', consumed: false },
              semantic: null,
              used: { calls: 1, sum: 0 },
            }),
          })),
        ),
      ),
    ),
  );
}

const rule: fc.Arbitrary<Rule> = fc.record({
  server: fc.constantFrom('s', 't', '*'),
  name: fc.constantFrom('get_one', 'get_*', '*', 'put', '?ut'),
  effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
  bound: fc.constantFrom(null, null, 10),
  calls: fc.constantFrom(null, null, 1, 5),
});
const policy: fc.Arbitrary<Policy> = fc.record({
  agent: fc.constantFrom(...agents),
  endpoints: fc.option(fc.subarray(['s', 't']), { freq: 2 }),
  protocols: fc.option(fc.constantFrom(['mcp'], ['mcp', 'a2a']), { freq: 2 }),
  rules: fc.option(fc.array(rule, { maxLength: 4 }), { freq: 4 }),
});
const policies = fc.array(policy, { minLength: 1, maxLength: 4 });

type Narrowing = (one: Policy, which: number) => Policy;

/** Everything that takes a grant away, or makes one smaller. */
const narrowings: { readonly [name: string]: Narrowing } = {
  'an Allow taken away': (one, which) => {
    const allows = one.rules?.filter(isAllow) ?? [];
    const dropped = allows[which % Math.max(1, allows.length)];
    return { ...one, rules: one.rules?.filter((each) => each !== dropped) ?? null };
  },
  'an endpoint taken away': (one) => ({ ...one, endpoints: one.endpoints?.slice(1) ?? null }),
  'a protocol taken away': (one) => ({ ...one, protocols: one.protocols?.slice(0, -1) ?? null }),
  'a Deny added': (one) => ({ ...one, rules: one.rules === null ? null : [...one.rules, deny] }),
  'a condition on an Allow': (one, which) => ({
    ...one,
    rules: withRule(one.rules, which, { bound: 10 }),
  }),
  'a smaller limit': (one, which) => ({ ...one, rules: withRule(one.rules, which, { calls: 1 }) }),
};
const deny: Rule = { server: '*', name: 'get_*', effect: 'Deny', bound: null, calls: null };

function isAllow({ effect }: Rule): boolean {
  return effect === 'Allow';
}

function withRule(rules: Policy['rules'], which: number, change: Partial<Rule>): Policy['rules'] {
  if (rules === null) return null;
  return rules.map((one, index) => (isAllow(one) && index === which % rules.length ? { ...one, ...change } : one));
}

describe('from manifests over the bundle to decisions', () => {
  test.each(Object.keys(narrowings))('%s never turns a denial into an allowance', (name) => {
    let smaller = 0;
    const property = fc.property(policies, fc.nat(3), fc.nat(3), (drawn, target, which) => {
      const at = target % drawn.length;
      const before = allowed([system(), ...drawn.map(manifest)]);
      if (before.size === 0) return;
      const narrowed = drawn.map((one, index) => (index === at ? (narrowings[name]?.(one, which) ?? one) : one));
      const after = allowed([system(), ...narrowed.map(manifest)]);
      expect([...after].filter((call) => !before.has(call))).toEqual([]);
      if (after.size < before.size) smaller += 1;
    });
    fc.assert(property, { seed: 20261125, numRuns: 60 });
    expect(smaller).toBeGreaterThan(1);
  });

  test('several policies allow no more than one with their lists joined', () => {
    let compared = 0;
    const property = fc.property(policies, (drawn) => {
      const own = drawn.filter(({ agent }) => agent === 'a');
      const parts = allowed([system(), ...own.map(manifest)]);
      const joined = <T>(lists: readonly (readonly T[] | null)[]) =>
        lists.every((list) => list === null) ? null : [...new Set(lists.flatMap((list) => list ?? []))];
      const one: Policy = {
        agent: 'a',
        endpoints: joined(own.map(({ endpoints }) => endpoints)),
        protocols: joined(own.map(({ protocols }) => protocols)),
        rules: joined(own.map(({ rules }) => rules)),
      };
      const whole = allowed([system(), ...(own.length === 0 ? [] : [manifest(one, 0)])]);
      if (parts.size === 0 || whole.size === 0) return;
      compared += 1;
      expect([...parts].filter((call) => !whole.has(call))).toEqual([]);
    });
    fc.assert(property, { seed: 20261125, numRuns: 120 });
    expect(compared).toBeGreaterThan(20);
  });

  test('the order of resources never changes the revision', () => {
    const property = fc.property(policies, fc.nat(), (drawn, turn) => {
      const values = [system(), ...drawn.map(manifest)];
      const turned = [...values.slice(turn % values.length), ...values.slice(0, turn % values.length)].reverse();
      expect(pipeline(turned)?.bundle.revision).toBe(pipeline(values)?.bundle.revision);
    });
    fc.assert(property, { seed: 20261125, numRuns: 60 });
  });

  test('hostile text in a rule is compared as data, and never read as anything else', () => {
    const hostile = [
      '"]; allow := true',
      '\u202etxt',
      'x'.repeat(65_536),
      '__proto__',
      '{{ . }}',
      '\u0000',
      "'; --",
      '\\',
    ];
    for (const text of hostile) {
      const values = [system(), manifest({ agent: 'a', endpoints: ['s'], protocols: null, rules: [] }, 0)];
      const spec = {
        targetRef: { kind: 'Deployment', name: 'a' },
        tools: [
          {
            server: 's',
            name: 'put',
            effect: 'Allow',
            arguments: { required: [text], properties: { [text]: { const: text } } },
          },
        ],
      };
      const made = pipeline([...values.slice(0, 1), { ...values[1], spec } as JsonObject]);
      if (made === null) throw new Error('it is data');
      engine.load(mas, { mas: made.compiled.system }, made.bundle.revision);
      const ask = (given: JsonObject) => {
        const [found] = questions(made.compiled).filter(({ name }) => name === '["outbound","a","s","put",1]');
        if (found?.question.tool == null) throw new Error('no such question');
        return engine.evaluate({ ...found.question, tool: { ...found.question.tool, arguments: given } }).reason;
      };
      const own = Object.fromEntries([[text, text]]);
      expect([ask(own), ask({}), ask({ [`${text}.`]: text }), ask(Object.fromEntries([[text, `${text} `]]))]).toEqual([
        'ok',
        'arguments_denied_by_policy',
        'arguments_denied_by_policy',
        'arguments_denied_by_policy',
      ]);
    }
  });
});
