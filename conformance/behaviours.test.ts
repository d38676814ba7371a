import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGrpcDriver } from './drivers/grpc/driver.ts';
import { openInProcessDriver } from './drivers/in_process/driver.ts';
import { readBehaviours } from './format/read_behaviours.ts';
import { renderText } from './report/render_text.ts';
import type { Driver } from './run/driver.ts';
import { runBehaviours } from './run/run_behaviours.ts';

const { behaviours } = readBehaviours([fileURLToPath(new URL('./behaviours', import.meta.url))]);
const monotonicMs = () => performance.now();

describe.each([
  ['in_process', openInProcessDriver],
  ['grpc', openGrpcDriver],
] as const)('%s', (_name, open) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open();
  });
  afterAll(() => driver.close());

  test.each(behaviours.map((behaviour) => [behaviour.behaviour, behaviour] as const))(
    '%s',
    async (_title, behaviour) => {
      const [result] = await runBehaviours([behaviour], driver, monotonicMs);
      expect(result && renderText([result])).toMatch(/ 0 failed/);
    },
  );

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
});
