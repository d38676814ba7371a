import { unreachable } from '../../policies/errors.ts';
import { authority, type HttpDestination, httpDestinations } from '../envoy/destinations.ts';
import type { Workload } from '../envoy/workload.ts';
import { classifyHost } from '../host_port.ts';

/** A destination as the mesh knows it. */
export type MeshHost =
  | { readonly kind: 'service'; readonly namespace: string; readonly host: string }
  | { readonly kind: 'name'; readonly host: string }
  | { readonly kind: 'address'; readonly host: string; readonly address: string };

export interface MeshDestination extends HttpDestination {
  readonly mesh: MeshHost;
}

/** Where the policy lets the app go by HTTP, as the mesh knows it; one Service may be there in several spellings. */
export function meshDestinations(workload: Workload): readonly MeshDestination[] {
  const { namespace } = workload.document;
  const all = httpDestinations(workload);
  const keys = new Set(all.map(authority));
  return (
    all
      // A Service of another namespace by its short name looks like a name from outside; its long ones are there too.
      .filter(({ host, port }) => !keys.has(authority({ host: `${host}.svc`, port })))
      .map((destination) => ({ ...destination, mesh: meshHost(destination.host, namespace) }))
  );
}

/** How Istio names the virtual host of a destination. */
export function virtualHostName({ mesh, port }: MeshDestination): string {
  return `${mesh.host}:${port}`;
}

/** Services by their full name, whatever spelling the MAS uses; an address by a name that only this namespace sees. */
function meshHost(host: string, namespace: string): MeshHost {
  const found = classifyHost(host, namespace);
  switch (found.kind) {
    case 'service':
      return {
        kind: 'service',
        namespace: found.namespace,
        host: `${found.name}.${found.namespace}.svc.cluster.local`,
      };
    case 'fqdn':
      return { kind: 'name', host: found.fqdn };
    case 'address':
      return { kind: 'address', host: `${host.replaceAll('.', '-')}.address.casa.internal`, address: host };
    default:
      return unreachable(found);
  }
}
