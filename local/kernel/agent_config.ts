import type { MapsDocument } from '../../policies/maps.ts';
import type { Plan, PlannedApp } from '../plan/planned.ts';
import { cgroupOf } from './cgroups.ts';

/** Where one node agent finds what it needs. */
export interface AgentPlaces {
  readonly pinFolder: string;
  readonly objectFile: string;
  readonly tokenObjectFile: string;
  readonly mapsFile: string;
  readonly urlFile: string;
  readonly keyFile: string;
  readonly keycloakUrl: string | null;
  readonly cgroups: string;
}

/** What the node agent of one MAS is told: the cgroups of its apps, and what each name in its rows stands for here. */
export function agentConfig(plan: Plan, maps: MapsDocument, places: AgentPlaces) {
  const { cgroups, urlFile, keyFile, keycloakUrl, ...files } = places;
  const own = plan.apps.filter((app) => app.compiled?.mas === maps.mas);
  return {
    ...files,
    apps: own.flatMap((app) => [
      { app: app.name, cgroup: cgroupOf(cgroups, app, 'app'), alsoAllow: loopback },
      { app: app.name, cgroup: cgroupOf(cgroups, app, 'envoy'), alsoAllow: rowsToApp(app), hashesTokens: true },
    ]),
    hosts: hostsOf(plan, maps),
    runtime: { urlFile, keyFile, keycloakUrl },
  };
}

/** An app may talk to itself: nobody else is on the loopback of its namespace but its Envoy, which judges for itself. */
const loopback = ['tcp', 'udp'].map((proto) => ({ proto, port: 0, cidr: '127.0.0.0/8' }));

/** An Envoy hands what it let in to its app. */
function rowsToApp({ address, listenPort }: PlannedApp) {
  if (listenPort === null) return [];
  return [`${address}/32`, '127.0.0.0/8'].map((cidr) => ({ proto: 'tcp', port: listenPort, cidr }));
}

function hostsOf(plan: Plan, maps: MapsDocument): { readonly [name: string]: readonly string[] } {
  const rows = maps.apps
    .flatMap((app) => app.rows)
    .flatMap((row) => {
      if ('cidr' in row) return [];
      const name = 'fqdn' in row ? row.fqdn : `${row.name}.${row.namespace}`;
      const known = 'fqdn' in row ? [name] : [row.name, name];
      const named = plan.apps.filter((app) => known.some((host) => app.hosts.includes(host)));
      return named.map((app): [string, readonly string[]] => [name, [app.address]]);
    });
  return Object.fromEntries(rows);
}
