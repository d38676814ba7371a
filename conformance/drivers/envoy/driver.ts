import type { Behaviour, Step } from '../../format/behaviour.ts';
import { addressBook } from '../../journey/addresses.ts';
import { type AppRef, appKey, appRef } from '../../journey/app_ref.ts';
import { BehaviourRun } from '../../journey/behaviour_run.ts';
import type { Driver, Run } from '../../run/driver.ts';
import { type ServedRuntime, serveRuntime } from '../grpc/serve_runtime.ts';
import { GrpcSite } from '../grpc/site.ts';
import { envoyRoad } from './envoy_road.ts';
import { Fleet } from './fleet.ts';
import type { EmitEnvoy } from './station.ts';

/** Sets of resources whose Envoys run at once. */
const fleetsMax = 8;

/**
 * As over gRPC, and each enforcement point is asked by a real Envoy with the configuration of a sidecar, between real servers.
 * An Envoy is started once for all behaviours that stand on the same resources.
 */
export async function openEnvoyDriver(emit: EmitEnvoy): Promise<Driver> {
  const runtime = await serveRuntime();
  const fleets = new Map<string, Fleet>();
  return {
    name: 'envoy',
    begin: async (behaviour) => {
      const key = JSON.stringify([behaviour.systems, behaviour.policies]);
      const fleet = fleets.get(key) ?? (await Fleet.open(emit, runtime.folder, behaviour));
      // The latest used is the last.
      fleets.delete(key);
      fleets.set(key, fleet);
      await closeOldest(fleets);
      return begin(behaviour, runtime, fleet);
    },
    close: async () => {
      await Promise.all([...fleets.values()].map((fleet) => fleet.close()));
      await runtime.close();
    },
  };
}

async function closeOldest(fleets: Map<string, Fleet>): Promise<void> {
  for (const [key, fleet] of [...fleets].slice(0, -fleetsMax)) {
    fleets.delete(key);
    await fleet.close();
  }
}

async function begin(behaviour: Behaviour, runtime: ServedRuntime, fleet: Fleet): Promise<Run> {
  const apps = appsOf(behaviour);
  await fleet.start(apps);
  const socketPath = (app: AppRef) => fleet.checkSocket(app);
  const site = await GrpcSite.open(behaviour, { ...runtime.place(behaviour.clockMs), socketPath });
  try {
    // One after the other: each narrows the umask of this process while it makes its socket.
    for (const app of apps) await site.pep(app);
  } catch (error) {
    await site.close();
    throw error;
  }
  return new BehaviourRun(behaviour, site, envoyRoad({ fleet, site, addresses: addressBook(behaviour.systems) }));
}

/** Every app that a step names. */
function appsOf({ systems, steps }: Behaviour): readonly AppRef[] {
  const known = addressBook(systems);
  const refs = steps.flatMap(namesIn).map((name) => appRef(systems, name));
  const named = new Map(refs.map((ref) => [appKey(ref), ref]));
  return [...named.values()].filter((ref) => known.has(appKey(ref)));
}

/** Of an app, or of another place. */
function namesIn(step: Step): readonly string[] {
  const fields = Object.entries(Object(Object(step)[step.kind]));
  return fields.flatMap(([field, name]) => {
    return ['from', 'to', 'app', 'server'].includes(field) && typeof name === 'string' ? [name] : [];
  });
}
