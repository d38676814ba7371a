import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadValues } from '../crds/load.ts';
import { examples } from '../crds/testing.ts';
import { canonicalJson } from '../policies/canonical.ts';
import type { JsonObject } from '../policies/contract.ts';
import { type Compilation, compile } from './compile.ts';
import { compileText, published } from './testing.ts';

const apiVersion = 'casa.io/v1alpha1';
const agents = ['a', 'b', 'c'];
const servers = ['s', 't'];
const tools = ['get_one', 'get_two', 'put'];

interface RandomPolicy {
  readonly agent: string;
  readonly endpoints: readonly string[] | null;
  readonly rules: readonly { readonly server: string; readonly name: string; readonly effect: string }[] | null;
}

function systemNamed(namespace: string): JsonObject {
  const app = (name: string, type: string) => ({
    name,
    type,
    kubernetesWorkloadName: name,
    baseUrl: { host: `${name}:80`, scheme: 'http' },
    ...(type === 'mcp_server' ? { tools: tools.map((tool) => ({ name: tool })) } : {}),
  });
  const apps = [...agents.map((name) => app(name, 'agent')), ...servers.map((name) => app(name, 'mcp_server'))];
  const spec = { name: 'x', llm_host: 'llm.example.com', apps: [...apps, app('user', 'client')] };
  return { apiVersion, kind: 'MultiAgentSystem', metadata: { name: 'x', namespace }, spec };
}

function policyOf({ agent, endpoints, rules }: RandomPolicy, namespace = 'x'): JsonObject {
  const spec = {
    targetRef: { kind: 'Deployment', name: agent },
    ...(endpoints === null ? {} : { allowedEndpoints: endpoints.map((name) => ({ name })) }),
    ...(rules === null ? {} : { tools: rules }),
  };
  return { apiVersion, kind: 'CASAPolicy', metadata: { name: agent, namespace }, spec };
}

const endpoints = fc.subarray([...agents, ...servers]);
const rules = fc.array(
  fc.record({
    server: fc.constantFrom('s', 't', '*'),
    name: fc.constantFrom('get_one', 'get_*', '*', 'put', '?ut'),
    effect: fc.constantFrom('Allow', 'Deny'),
  }),
  { maxLength: 4 },
);
const policies: fc.Arbitrary<RandomPolicy[]> = fc.uniqueArray(
  fc.record({ agent: fc.constantFrom(...agents), endpoints: fc.option(endpoints), rules: fc.option(rules) }),
  { selector: ({ agent }) => agent, maxLength: 3 },
);

function compileValues(values: readonly JsonObject[]): Compilation {
  const loaded = loadValues(values);
  expect(loaded.issues).toEqual([]);
  return compile(loaded);
}

/** Rules that match nothing are errors; a system with such rules is not under test. */
function reach(values: readonly RandomPolicy[]): { readonly [app: string]: readonly string[] } | null {
  const [compiled] = compileValues([systemNamed('x'), ...values.map((one) => policyOf(one))]).systems;
  if (compiled === undefined) return null;
  return Object.fromEntries(Object.entries(compiled.system.apps).map(([name, app]) => [name, Object.keys(app.reach)]));
}

describe('compile', () => {
  test('the order of resources never changes the result', () => {
    fc.assert(
      fc.property(
        policies.chain((chosen) => {
          const all = [systemNamed('x'), systemNamed('y'), ...chosen.map((one) => policyOf(one))];
          return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
        }),
        ([all, shuffled]) => {
          expect(JSON.stringify(compileValues(shuffled))).toBe(JSON.stringify(compileValues(all)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('removing an Allow or an endpoint never adds to any reach', () => {
    fc.assert(
      fc.property(policies, fc.nat(), fc.nat(), (chosen, which, what) => {
        const before = reach(chosen);
        const target = chosen[which % Math.max(1, chosen.length)];
        if (before === null || target === undefined) return;
        const smaller = chosen.map((one) => {
          if (one !== target) return one;
          const allows = one.rules?.filter(({ effect }) => effect === 'Allow') ?? [];
          const dropped = allows[what % Math.max(1, allows.length)];
          return {
            ...one,
            endpoints: one.endpoints?.slice(0, -1) ?? null,
            rules: one.rules?.filter((rule) => rule !== dropped) ?? null,
          };
        });
        const after = reach(smaller);
        for (const [app, left] of Object.entries(after ?? {})) {
          expect(before[app]).toEqual(expect.arrayContaining([...left]));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a reach is exactly what can be walked to', () => {
    fc.assert(
      fc.property(policies, (chosen) => {
        const [compiled] = compileValues([systemNamed('x'), ...chosen.map((one) => policyOf(one))]).systems;
        if (compiled === undefined) return;
        const { apps, rules: compiledRules } = compiled.system;
        for (const [start, app] of Object.entries(apps)) {
          const visited = new Set([start]);
          const walked = new Set<string>(app.type === 'mcp_server' ? tools.map((tool) => `${start}/${tool}`) : []);
          for (const name of visited) {
            for (const [server, indexed] of Object.entries(apps[name]?.tools ?? {})) {
              for (const [tool, ids] of Object.entries(indexed)) {
                const effects = ids.map((id) => compiledRules[id]?.effect);
                const open = ids.length === 0 || (effects.includes('Allow') && !effects.includes('Deny'));
                if (open) walked.add(`${server}/${tool}`);
              }
            }
            for (const next of Object.keys(apps[name]?.callees ?? {})) {
              if (apps[next]?.type === 'agent') visited.add(next);
            }
          }
          expect(Object.keys(app.reach)).toEqual([...walked].sort());
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a mistake in one MAS never changes another', () => {
    const alone = compileValues([systemNamed('y')]);
    fc.assert(
      fc.property(policies, fc.constantFrom('aa', 'a'), (chosen, workload) => {
        const broken = policyOf({ agent: workload, endpoints: ['nowhere'], rules: null });
        const all = [systemNamed('x'), systemNamed('y'), broken, ...chosen.map((one) => policyOf(one))];
        const loaded = loadValues(all);
        expect(compile(loaded).systems.filter(({ mas }) => mas === 'y.x')).toEqual(alone.systems);
        expect(compile(loaded).systems.map(({ mas }) => mas)).not.toContain('x.x');
      }),
      { numRuns: 20 },
    );
  });

  test('a policy for a workload like none has no effect', () => {
    const stray = policyOf({ agent: 'accountant-of-next-year', endpoints: ['nowhere'], rules: null });
    const { systems, issues } = compile(loadValues([systemNamed('x'), stray]));
    expect(systems).toEqual(compileValues([systemNamed('x')]).systems);
    expect(issues.map(({ code, severity }) => `${severity} ${code}`)).toContain('warning unknown_workload');
  });

  test('limits beside a rule that allows the same tools without any are told of', () => {
    const limited = { server: 's', name: 'put', effect: 'Allow', limits: { callsPerSession: 1 } };
    const told = (other: { readonly server: string; readonly name: string; readonly effect: string }) =>
      compile(loadValues([systemNamed('x'), policyOf({ agent: 'a', endpoints: null, rules: [other, limited] })]))
        .issues.filter(({ code }) => code === 'limits_without_effect')
        .map(({ severity, path }) => `${severity} ${path}`);
    expect(told({ server: '*', name: '*', effect: 'Allow' })).toEqual(['warning spec.tools[1].limits']);
    expect(told({ server: 's', name: 'get_*', effect: 'Allow' })).toEqual([]);
    expect(told({ server: 's', name: 'put', effect: 'Deny' })).toEqual([]);
  });

  test('a policy that could not be read keeps its MAS from being compiled', () => {
    const unreadable = { ...policyOf({ agent: 'a', endpoints: [], rules: null }), kind: 'CASAPolicyy' };
    const loaded = loadValues([systemNamed('x'), systemNamed('y'), unreadable]);
    expect(compile(loaded).systems.map(({ mas }) => mas)).toEqual(['y.x']);
    expect(compileText(published, 'a: [').systems).toEqual([]);
  });

  test('hostile text is an issue or passes untouched as data', () => {
    const hostile = [
      '"]; allow := true',
      '\u202etxt',
      'x'.repeat(65_536),
      '__proto__',
      '{{ .Values }}',
      '$(x)',
      "'; --",
    ];
    for (const text of hostile) {
      const system = {
        ...systemNamed('x'),
        spec: {
          name: 'x',
          apps: [
            {
              name: 's',
              type: 'mcp_server',
              kubernetesWorkloadName: 's',
              baseUrl: { host: 's:80', scheme: 'http' },
              tools: [{ name: text, description: 'd', inputSchema: { [text]: text } }],
            },
          ],
        },
      };
      const loaded = loadValues([system]);
      const { systems } = compile(loaded);
      if (loaded.issues.length > 0) {
        expect(systems).toEqual([]);
        expect(loaded.issues.every(({ message }) => message.length < 400)).toBe(true);
        continue;
      }
      expect(Object.keys(systems[0]?.system.tools.s ?? {})).toEqual([text]);
      expect(Object.entries(systems[0]?.pep.apps.s?.tools[text]?.inputSchema ?? {})).toEqual([[text, text]]);
    }
  });

  test('hostile descriptions and schemas pass untouched', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.jsonValue({ maxDepth: 2 }), (text, value) => {
        const tool = { name: 'tool', description: text, inputSchema: { value } };
        const app = { name: 's', type: 'mcp_server', kubernetesWorkloadName: 's', tools: [tool] };
        const spec = { name: 'x', apps: [{ ...app, baseUrl: { host: 's', scheme: 'http' } }] };
        const { systems } = compile(loadValues([{ ...systemNamed('x'), spec }]));
        expect(systems[0]?.pep.apps.s?.tools.tool).toEqual({
          description: text,
          inputSchema: { value },
          selection: 'exact',
          annotations: {},
        });
      }),
      { numRuns: 25 },
    );
  });

  test('four hundred apps that may all call each other compile within seconds', () => {
    const app = (name: string, type: string) => ({
      name,
      type,
      kubernetesWorkloadName: name,
      baseUrl: { host: `${name}:80`, scheme: 'http' },
      ...(type === 'mcp_server' ? { tools: [{ name: 'one' }, { name: 'two' }] } : {}),
    });
    const names = Array.from({ length: 200 }, (_, index) => index);
    const spec = {
      name: 'x',
      apps: names.flatMap((index) => [app(`agent-${index}`, 'agent'), app(`server-${index}`, 'mcp_server')]),
    };
    const started = process.cpuUsage();
    const { systems } = compileValues([{ ...systemNamed('x'), spec }]);
    expect(Object.keys(systems[0]?.system.apps['agent-0']?.reach ?? {})).toHaveLength(400);
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(15);
  });

  test.each(readdirSync(examples))('the example %s compiles without an error', (file) => {
    const { systems, issues } = compileText(readFileSync(new URL(file, examples), 'utf8'));
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(systems).toHaveLength(1);
  });

  test('what is compiled is plain JSON with sorted keys', () => {
    const [compiled] = compileText(published).systems;
    // `as`: a compiled system is plain JSON; its interface only lacks the index signature.
    const document = compiled as unknown as JsonObject;
    expect(JSON.parse(canonicalJson(document))).toEqual(compiled);
  });
});
