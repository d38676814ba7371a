import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadValues, rememberParsed } from '../crds/load.ts';
import type { JsonObject } from '../policies/contract.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import { emitBundle } from './bundle.ts';
import { type Compilation, type CompileMemo, compile, recompile } from './compile.ts';

const apiVersion = 'casa.io/v1alpha1';
const namespaces = ['a', 'b', 'c'];

function system(namespace: string, name: string, tools: readonly string[]): JsonObject {
  const app = (app: string, type: string, more: JsonObject) => ({
    name: app,
    type,
    kubernetesWorkloadName: `${name}-${app}`,
    baseUrl: { host: `${name}-${app}:80`, scheme: 'http' },
    ...more,
  });
  const apps = [
    app('agent', 'agent', {}),
    app('server', 'mcp_server', { tools: tools.map((tool) => ({ name: tool })) }),
  ];
  return { apiVersion, kind: 'MultiAgentSystem', metadata: { name, namespace }, spec: { name, apps } };
}

function policy(namespace: string, name: string, workload: string, tool: string, effect: string): JsonObject {
  const spec = { targetRef: { kind: 'Deployment', name: workload }, tools: [{ server: '*', name: tool, effect }] };
  return { apiVersion, kind: 'CASAPolicy', metadata: { name, namespace }, spec };
}

const resource: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...namespaces), fc.constantFrom('one', 'two'), fc.subarray(['get', 'put', 'list']))
    .map(([namespace, name, tools]) => system(namespace, name, tools)),
  fc
    .tuple(
      fc.constantFrom(...namespaces),
      fc.constantFrom('p', 'q', 'r'),
      fc.constantFrom('one-agent', 'two-agent', 'one-agnt', 'elsewhere'),
      fc.constantFrom('*', 'get', 'nothing'),
      fc.constantFrom('Allow', 'Deny', 'Perhaps'),
    )
    .map((parts) => policy(...parts)),
);

/** A cluster whose resources come, change and go. */
const history = fc.array(fc.array(resource, { maxLength: 8 }), { minLength: 1, maxLength: 4 });

function bytesOf({ systems }: Compilation): readonly string[] {
  const modules = { rego: {}, wasm: new Uint8Array() };
  return systems.map((compiled) => JSON.stringify(emitBundle(compiled, modules)));
}

describe('recompile', () => {
  test('gives what compiling everything anew gives, to the byte, however the resources changed before', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (states, isReversed) => {
        const parse = rememberParsed();
        let memo: CompileMemo = new Map();
        let kept: readonly JsonObject[] = [];
        for (const drawn of states) {
          // Some objects stay the very same, others come anew.
          const values = [...kept.slice(0, 3), ...(isReversed ? drawn.toReversed() : drawn)];
          kept = values;
          const again = recompile(loadValues(values, parse), memo);
          memo = again.memo;
          const whole = compile(loadValues(values));
          expect(again.compilation).toEqual(whole);
          expect(bytesOf(again.compilation)).toEqual(bytesOf(whole));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('keeps the very object of a MAS whose namespace nothing touched', () => {
    const parse = rememberParsed();
    const values = namespaces.map((namespace) => system(namespace, 'one', ['get']));
    const before = recompile(loadValues(values, parse), new Map());
    const changed = [...values, policy('b', 'p', 'one-agent', 'get', 'Allow')];
    const after = recompile(loadValues(changed, parse), before.memo);
    const same = after.compilation.systems.map((compiled, index) => compiled === before.compilation.systems[index]);
    expect(same).toEqual([true, false, true]);
    expect(after.compilation).toEqual(compile(loadValues(changed)));
  });

  test('the rules themselves are part of every revision', () => {
    const [compiled] = compile(loadValues([system('a', 'one', ['get'])])).systems;
    if (compiled === undefined) throw new Error('no system');
    const modules = readPolicyModules();
    const other = { ...modules, rego: { ...modules.rego, 'rego/decision.rego': 'package casa\n' } };
    expect(emitBundle(compiled, other).revision).not.toBe(emitBundle(compiled, modules).revision);
  });
});
