import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileText } from '../../../compiler/testing.ts';
import { type ObservedMesh, planIstio, type StoredObject } from './plan_istio.ts';

const input = new URL('../../../compiler/istio/testdata/two_systems/input.yaml', import.meta.url);
const { systems } = compileText(readFileSync(input, 'utf8'));
const shop: ObservedMesh = { namespaces: new Set(['shop']), objects: [], unsettled: new Set() };
const keyOf = ({ kind, namespace, name }: Omit<StoredObject, 'spec'>) => `${kind}/${namespace}/${name}`;

/** What there is when all of `served` was applied. */
function applied(served = systems): readonly StoredObject[] {
  return planIstio(shop, served).flatMap((action) => {
    if (action.kind === 'delete') return [];
    const { kind, metadata, spec } = action.object;
    return [{ kind, namespace: metadata.namespace, name: metadata.name, spec: JSON.parse(JSON.stringify(spec)) }];
  });
}

test('only namespaces of the mesh get objects', () => {
  const namespaces = applied().map(({ namespace }) => namespace);
  expect(new Set(namespaces)).toEqual(new Set(['shop']));
  expect(planIstio({ ...shop, namespaces: new Set() }, systems)).toEqual([]);
});

test('what is as it should be is left alone', () => {
  expect(planIstio({ ...shop, objects: applied() }, systems)).toEqual([]);
});

test('an object that somebody changed is applied again, alone', () => {
  const [first, ...others] = applied();
  if (first === undefined) throw new Error('nothing was applied');
  const actions = planIstio({ ...shop, objects: [{ ...first, spec: { changed: true } }, ...others] }, systems);
  expect(actions.map(({ kind, object }) => [kind, object.kind])).toEqual([['apply', first.kind]]);
});

test('when a MAS goes, its objects go, and those that another MAS has too stay', () => {
  const left = systems.filter(({ mas }) => mas !== 'shop.two');
  const actions = planIstio({ ...shop, objects: applied() }, left);
  const deleted = actions.map(({ kind, object }) => (kind === 'delete' ? keyOf(object) : kind));
  expect(deleted).toHaveLength(4);
  for (const name of deleted) expect(name).toMatch(/^\w+\/shop\/casa-two-agent-/);
});

test('when the last MAS goes, or the namespace leaves the mesh, everything goes', () => {
  const objects = applied();
  for (const actions of [
    planIstio({ ...shop, objects }, []),
    planIstio({ ...shop, objects, namespaces: new Set() }, systems),
  ]) {
    expect(actions).toHaveLength(objects.length);
    expect(actions.every(({ kind }) => kind === 'delete')).toBe(true);
  }
});

test('while a MAS that should serve does not, nothing that stands before its pods is taken away', () => {
  expect(planIstio({ ...shop, objects: applied(), unsettled: new Set(['shop']) }, [])).toEqual([]);
});
