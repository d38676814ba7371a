import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compileText } from '../testing.ts';
import { emitIstio } from './emit_istio.ts';
import { objectName } from './object_name.ts';
import type { EnvoyFilter, IstioObject } from './objects.ts';
import { istioOptions } from './options.ts';
import { renderIstio } from './render_istio.ts';

const testdata = new URL('./testdata/', import.meta.url);
const bank = new URL('../testdata/bank/', import.meta.url);
const cases = [...readdirSync(testdata).filter((name) => !name.endsWith('.yaml')), 'bank'].sort();
const inputOf = (name: string) =>
  readFileSync(new URL('input.yaml', name === 'bank' ? bank : new URL(`${name}/`, testdata)), 'utf8');
const namespaceOf = (name: string) => ({ bank: 'bank', outside: 'desk' })[name] ?? 'shop';

function emitted(name: string): readonly IstioObject[] {
  return emitIstio(namespaceOf(name), compileText(inputOf(name)).systems, istioOptions);
}

describe('golden cases: input.yaml makes the objects beside it', () => {
  test.each(cases)('%s', (name) => {
    const golden = new URL(`${name === 'bank' ? 'bank.yaml' : `${name}/objects.yaml`}`, testdata);
    const text = renderIstio(emitted(name));
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(existsSync(golden) ? readFileSync(golden, 'utf8') : '').toBe(text);
  });
});

describe('emitIstio', () => {
  test.each(cases)('%s: each app has its four objects, with a name of its own', (name) => {
    const objects = emitted(name);
    const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const filters = keys.filter((key) => key.startsWith('EnvoyFilter/')).length;
    expect(filters).toBeGreaterThan(0);
    expect(keys.filter((key) => key.startsWith('PeerAuthentication/'))).toHaveLength(filters);
    for (const kind of ['Sidecar', 'AuthorizationPolicy']) {
      expect(keys.filter((key) => key.startsWith(`${kind}/`))).toHaveLength(filters + 1);
    }
  });

  test('the order of the systems changes nothing', () => {
    const { systems } = compileText(inputOf('two_systems'));
    expect(emitIstio('shop', systems.toReversed(), istioOptions)).toEqual(emitIstio('shop', systems, istioOptions));
  });

  test('a namespace without a MAS gets nothing', () => {
    expect(emitIstio('elsewhere', compileText(inputOf('bank')).systems, istioOptions)).toEqual([]);
  });

  test('what a name holds stays in its string', () => {
    const documents = parseAllDocuments(renderIstio(emitted('hostile_names')));
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(documents.map((document) => document.toJS())).toEqual(emitted('hostile_names'));
  });

  test('Check stands first in both directions, is last to be put there, and lets through nothing by itself', () => {
    const filters = emitted('bank').filter((object): object is EnvoyFilter => object.kind === 'EnvoyFilter');
    for (const { spec } of filters) {
      expect(spec.priority).toBe(1_000_000);
      const first = spec.configPatches.filter(({ patch }) => patch.operation === 'INSERT_FIRST');
      expect(first.map(({ match }) => match.context)).toEqual(['SIDECAR_INBOUND', 'SIDECAR_OUTBOUND']);
      for (const { patch } of first) {
        expect(patch.value).toMatchObject({
          name: 'envoy.filters.http.ext_authz',
          typed_config: { failure_mode_allow: false, with_request_body: { allow_partial_message: false } },
        });
      }
    }
  });
});

test('an object has a name of DNS-1123 whatever it is made of, and another for other words', () => {
  const words = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(words, words, (one, other) => {
      expect(objectName(...one)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      if (JSON.stringify(one) !== JSON.stringify(other)) expect(objectName(...one)).not.toBe(objectName(...other));
    }),
  );
});
