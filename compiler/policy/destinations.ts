/** Where an app may go: what its policies name, or the other apps of its MAS. */
import type { CASAPolicy } from '../../crds/types.ts';
import type { Finding } from '../finding.ts';
import { errorAt } from '../finding.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { protocolsOf, servedProtocol } from './protocols.ts';
import { type Destination, resolveEndpoint } from './resolve_endpoint.ts';

export interface Destinations {
  readonly destinations: readonly Destination[];
  readonly findings: readonly Finding[];
}

/** Resolves the endpoints of one of an app's policies; null: it names none. Findings have paths into the policy. */
export function namedDestinations(model: SystemModel, from: AppModel, policy: CASAPolicy): Destinations | null {
  const endpoints = policy.spec.allowedEndpoints;
  if (endpoints === undefined) return null;
  const allowed = policy.spec.allowedProtocols ?? protocolsOf(from);
  const destinations: Destination[] = [];
  const findings: Finding[] = [];
  endpoints.forEach((endpoint, index) => {
    const path = `spec.allowedEndpoints[${index}]`;
    const resolved = resolveEndpoint(model, endpoint, path);
    if ('finding' in resolved) {
      findings.push(resolved.finding);
      return;
    }
    const { destination } = resolved;
    if (needsPermission(destination) && !allowed.some((protocol) => protocol === destination.protocol)) {
      const message = `\`${destination.protocol}\` is not in \`allowedProtocols\`: this can never match (add it there)`;
      findings.push(
        errorAt(`${path}${endpoint.protocol === undefined ? '' : '.protocol'}`, 'endpoint_never_matches', message),
      );
      return;
    }
    destinations.push(destination);
  });
  return { destinations, findings };
}

/** Every other app of the MAS, by the protocol it serves, as far as the app may speak it. */
export function impliedDestinations(model: SystemModel, from: AppModel): readonly Destination[] {
  const allowed = protocolsOf(from);
  return model.apps.flatMap((app): readonly Destination[] => {
    const protocol = servedProtocol(app.app.type);
    if (app.name === from.name || protocol === null || !allowed.includes(protocol)) return [];
    return [{ kind: 'app', app, protocol }];
  });
}

/** `tcp` and `tls` are no protocols that a policy lists: naming the endpoint is the permission. */
function needsPermission({ protocol }: Destination): boolean {
  return protocol !== 'tcp' && protocol !== 'tls';
}
