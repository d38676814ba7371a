import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPolicyModules } from '../../../policies/read_modules.ts';
import { bank } from '../../http/testing/bank.ts';
import { type CustomKind, type CustomResource, finalizer, masName, parseCustomResource } from './custom_resource.ts';
import { judgeWorld } from './judge_world.ts';
import { type Action, type Observed, planReconcile } from './plan_reconcile.ts';

const modules = readPolicyModules();
const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'];

function resources(namespace: string, spec = {}): readonly CustomResource[] {
  const { multiAgentSystem, policies } = bank(namespace, spec);
  return [multiAgentSystem, ...policies].map((value) => {
    const parsed = parseCustomResource(value, Reflect.get(value, 'kind') as CustomKind);
    if (parsed === null) throw new Error('no resource');
    return parsed;
  });
}

/** What the world would be after these actions. */
function after(observed: Observed, actions: readonly Action[]): Observed {
  const serving = new Map(observed.serving);
  let changed = [...observed.resources];
  const replace = (before: CustomResource, change: (now: CustomResource) => CustomResource | null) => {
    changed = changed.flatMap((now) => {
      const same = now.kind === before.kind && masName(now) === masName(before);
      return same ? (change(now) ?? []) : [now];
    });
  };
  for (const action of actions) {
    if (action.kind === 'publish') serving.set(action.mas, action.served.revision);
    if (action.kind === 'withdraw') serving.delete(action.mas);
    if (action.kind === 'add_finalizer') {
      replace(action.resource, (now) => ({ ...now, metadata: { ...now.metadata, finalizers: [finalizer] } }));
    }
    if (action.kind === 'remove_finalizer') replace(action.resource, () => null);
    if (action.kind === 'write_status') replace(action.resource, (now) => ({ ...now, status: action.status }));
  }
  return { ...observed, resources: changed, serving };
}

const one = fc.record({
  broken: fc.boolean(),
  deleted: fc.boolean(),
  held: fc.boolean(),
  served: fc.boolean(),
  ready: fc.boolean(),
});

describe('planReconcile', () => {
  it('reconciling twice is reconciling once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 3 }), async (systems) => {
        const observed: Observed = {
          resources: systems.flatMap(({ broken, deleted, held }, index) =>
            resources(`n${index}`, broken ? { llmHost: 'x' } : {}).map((resource) => ({
              ...resource,
              metadata: {
                ...resource.metadata,
                finalizers: held && resource.kind === 'MultiAgentSystem' ? [finalizer] : [],
                ...(deleted && resource.kind === 'MultiAgentSystem' ? { deletionTimestamp: early } : {}),
              },
            })),
          ),
          serving: new Map(systems.flatMap(({ served }, index) => (served ? [[`n${index}.demo`, 'old']] : []))),
          readyApps: new Set(systems.flatMap(({ ready }, index) => (ready ? [`n${index}.demo/teller`] : []))),
        };
        const actions = planReconcile(observed, await judgeWorld(observed.resources, modules, () => ({})), early);
        const next = after(observed, actions);
        // A deleted resource that nothing held would be gone at once.
        const left = next.resources.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        const settled = { ...next, resources: left };
        expect(planReconcile(settled, await judgeWorld(left, modules, () => ({})), late)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('nothing of a MAS with a mistake is published, and all of its neighbour is', async () => {
    const broken = resources('broken', { enabledToolChecks: ['NO_SUCH_CHECK'] });
    const all = [...broken, ...resources('whole')];
    const actions = planReconcile(
      { resources: all, serving: new Map([['broken.demo', 'good']]), readyApps: new Set() },
      await judgeWorld(all, modules, () => ({})),
      early,
    );
    expect(actions.flatMap((action) => (action.kind === 'publish' ? [action.mas] : []))).toEqual(['whole.demo']);
    const status = actions.find((action) => action.kind === 'write_status' && action.resource === broken[0]);
    expect(status).toMatchObject({
      status: {
        phase: 'Failed',
        revision: 'good',
        conditions: [
          { type: 'Accepted', status: 'False' },
          { type: 'Programmed', status: 'False', reason: 'LastGoodServes' },
          { type: 'Ready', status: 'False' },
        ],
      },
    });
  });

  it('a MAS that the management API brought and no resource declares is left alone', async () => {
    const observed = { resources: [], serving: new Map([['by.hand', 'r']]), readyApps: new Set<string>() };
    expect(planReconcile(observed, await judgeWorld([], modules, () => ({})), early)).toEqual([]);
  });
});
