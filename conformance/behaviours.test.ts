import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findEnvoy } from './drivers/envoy/find_envoy.ts';
import { openDriver } from './drivers/open_driver.ts';
import { type DriverName, driverNames } from './format/behaviour.ts';
import { readBehaviours } from './format/read_behaviours.ts';
import { renderText } from './report/render_text.ts';
import type { Driver } from './run/driver.ts';
import { runBehaviours } from './run/run_behaviours.ts';

const { behaviours } = readBehaviours([fileURLToPath(new URL('./behaviours', import.meta.url))]);
const monotonicMs = () => performance.now();

// A database and many enforcement points start here, which a busy machine takes its time for.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const noEnvoy = findEnvoy() === null;

describe.each(driverNames)('%s', (name) => {
  describe.skipIf(name === 'envoy' && noEnvoy)(
    name === 'envoy' && noEnvoy ? 'skipped: there is no Envoy here' : 'all',
    () => holds(name),
  );
});

function holds(name: DriverName): void {
  let driver: Driver;
  beforeAll(async () => {
    driver = await openDriver(name);
  });
  afterAll(() => driver.close());

  test.each(
    behaviours
      .filter(({ drivers }) => drivers.includes(name))
      .map((behaviour) => [behaviour.behaviour, behaviour] as const),
  )('%s', async (_title, behaviour) => {
    const [result] = await runBehaviours([behaviour], driver, monotonicMs);
    expect(result && renderText([result])).toMatch(/ 0 failed/);
  });

  test('a system that switches a check off fails the behaviour that stands on it', async () => {
    const right = behaviours.find(({ id }) => id === 'unselected_call_is_denied');
    if (right === undefined) throw new Error('the behaviour that is planted wrongly is gone');
    const systems = right.systems.map((system) => ({
      ...system,
      spec: { ...system.spec, enabledToolChecks: ['DETERMINISTIC_TOOL_SELECTED' as const] },
    }));
    const [result] = await runBehaviours([{ ...right, systems }], driver, monotonicMs);
    expect(result?.failure).toMatchObject({ step: 3, got: 'decision allow, reason ok, phase inbound' });
  });

  test('a behaviour with a wrong expectation fails', async () => {
    const right = behaviours.find(({ id }) => id === 'unselected_call_is_denied');
    if (right === undefined) throw new Error('the behaviour that is planted wrongly is gone');
    const steps = right.steps.map((step) => ({ ...step, expect: { decision: 'allow' } as const }));
    const [result] = await runBehaviours([{ ...right, steps }], driver, monotonicMs);
    expect(result).toMatchObject({
      result: 'failed',
      failure: {
        step: 3,
        kind: 'call',
        expected: 'decision allow, reason ok',
        got: 'decision deny, reason tool_not_selected_by_llm',
      },
    });
    expect(result?.failure?.checks).toContainEqual(
      expect.objectContaining({ check: 'DETERMINISTIC_LLM_SELECTED_TOOLS', outcome: 'BLOCK' }),
    );
  });
}
