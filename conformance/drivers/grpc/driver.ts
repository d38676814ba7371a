import { join } from 'node:path';
import { addressBook } from '../../journey/addresses.ts';
import { askedRoad } from '../../journey/asked_road.ts';
import { BehaviourRun } from '../../journey/behaviour_run.ts';
import type { Driver } from '../../run/driver.ts';
import { serveRuntime } from './serve_runtime.ts';
import { GrpcSite } from './site.ts';

/**
 * The services as they run: the token service's HTTP on loopback, each enforcement point's gRPC on a unix socket, keys and
 * peers from files; only the clock is the behaviour's. One token service for all behaviours, fresh enforcement points for each.
 */
export async function openGrpcDriver(): Promise<Driver> {
  const runtime = await serveRuntime();
  return {
    name: 'grpc',
    begin: async (behaviour) => {
      const place = runtime.place(behaviour.clockMs);
      let sockets = 0;
      const socketPath = () => {
        sockets += 1;
        return join(place.folder, `${sockets}.sock`);
      };
      const site = await GrpcSite.open(behaviour, { ...place, socketPath });
      return new BehaviourRun(behaviour, site, askedRoad({ site, addresses: addressBook(behaviour.systems) }));
    },
    close: () => runtime.close(),
  };
}
