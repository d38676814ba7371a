import { openDriver } from './drivers/open_driver.ts';
import type { Behaviour, DriverName } from './format/behaviour.ts';
import type { BehaviourResult } from './run/result.ts';
import { runBehaviours } from './run/run_behaviours.ts';

/** Runs the behaviours with each driver in turn; throws CasaError only where a driver cannot be opened. */
export async function conform(
  behaviours: readonly Behaviour[],
  drivers: readonly DriverName[],
  monotonicMs: () => number,
): Promise<readonly BehaviourResult[]> {
  const results: BehaviourResult[] = [];
  for (const name of drivers) {
    const driver = await openDriver(name);
    try {
      results.push(...(await runBehaviours(behaviours, driver, monotonicMs)));
    } finally {
      await driver.close();
    }
  }
  return results;
}
