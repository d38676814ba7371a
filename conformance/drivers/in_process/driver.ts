import { CasaError } from '../../../policies/errors.ts';
import type { Parts } from '../../../runtime/parts.ts';
import type { Behaviour } from '../../format/behaviour.ts';
import { addressBook } from '../../journey/addresses.ts';
import { askedRoad } from '../../journey/asked_road.ts';
import { BehaviourRun } from '../../journey/behaviour_run.ts';
import type { Driver, Run } from '../../run/driver.ts';
import type { FileClock } from '../file_clock.ts';
import { closeRuntime, openRuntime } from '../open_runtime.ts';
import { serveSystems } from './serve_systems.ts';
import { InProcessSite, runtimeUrl } from './site.ts';

/** The production code without a network: one store for all behaviours, fresh enforcement points for each. */
export async function openInProcessDriver(): Promise<Driver> {
  const clock: FileClock = { nowMs: 0 };
  const parts = await openRuntime(
    () => clock.nowMs,
    () => runtimeUrl,
  );
  return {
    name: 'in_process',
    begin: (behaviour) => begin(parts, clock, behaviour),
    close: () => closeRuntime(parts),
  };
}

async function begin(parts: Parts, clock: FileClock, behaviour: Behaviour): Promise<Run> {
  clock.nowMs = behaviour.clockMs;
  const served = await serveSystems(parts, behaviour);
  if (served.length === 0) throw new CasaError('bug', 'a behaviour without a system was begun');
  const site = await InProcessSite.open(parts, clock, behaviour, served);
  return new BehaviourRun(behaviour, site, askedRoad({ site, addresses: addressBook(behaviour.systems) }));
}
