/** A MAS as the bundle's `maps.json`: what each app may reach at all, for the kernel. */
import { unreachable } from '../../policies/errors.ts';
import type { AppRows, MapRow, MapsDocument } from '../../policies/maps.ts';
import { classifyHost, type HostPort } from '../host_port.ts';
import { policyNames, type SystemModel } from '../model.ts';
import type { DerivedApp } from '../policy/derive_app.ts';
import { llmEndpointOf } from '../policy/llm_endpoints.ts';
import type { Destination } from '../policy/resolve_endpoint.ts';
import { record } from '../record.ts';

export function emitMaps(model: SystemModel, resolved: readonly DerivedApp[]): MapsDocument {
  return {
    mas: model.mas,
    apps: resolved.map(({ app, destinations }): AppRows => {
      const llm = llmEndpointOf(model, app);
      const rows = [
        ...destinations.flatMap((to) => destinationRows(to, model.namespace)),
        ...(llm === null ? [] : [hostRow(llm, model.namespace)]),
      ];
      // One row may come of several endpoints.
      const distinct = record(rows.map((row) => [keyOf(row), row]));
      return { app: app.name, policy: policyNames(app).join(','), rows: Object.values(distinct) };
    }),
  };
}

function keyOf(row: MapRow): string {
  const { port } = row;
  if ('name' in row) return `${row.name}.${row.namespace}:${port} service`;
  return 'cidr' in row ? `${row.cidr}:${port} cidr` : `${row.fqdn}:${port} fqdn`;
}

function destinationRows(to: Destination, namespace: string): readonly MapRow[] {
  switch (to.kind) {
    case 'app':
      return to.app.address === null ? [] : [hostRow(to.app.address, namespace)];
    case 'service':
      return [{ proto: 'tcp', port: to.port, name: to.name, namespace: to.namespace }];
    case 'fqdn':
      return [hostRow({ host: to.fqdn, port: to.port }, namespace)];
    case 'cidr':
      return [{ proto: 'tcp', port: to.port, cidr: to.cidr }];
    default:
      return unreachable(to);
  }
}

function hostRow({ host, port }: HostPort, namespace: string): MapRow {
  const found = classifyHost(host, namespace);
  switch (found.kind) {
    case 'service':
      return { proto: 'tcp', port, name: found.name, namespace: found.namespace };
    case 'address':
      return { proto: 'tcp', port, cidr: found.cidr };
    case 'fqdn':
      return { proto: 'tcp', port, fqdn: found.fqdn };
    default:
      return unreachable(found);
  }
}
