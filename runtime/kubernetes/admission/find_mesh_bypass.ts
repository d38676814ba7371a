/** What in a pod would take it, or a part of its traffic, out of its istio-proxy. */
import type { V1Pod } from '@kubernetes/client-node';

const ownPorts = /^((15020|15021|15090)(,(15020|15021|15090))*)?$/;
/** What Istio itself writes, and what changes nothing; a value must match. */
const harmless: { readonly [key: string]: RegExp } = {
  'sidecar.istio.io/inject': /^true$/,
  'sidecar.istio.io/status': /./s,
  'sidecar.istio.io/interceptionMode': /^REDIRECT$/,
  'istio.io/rev': /./,
  'security.istio.io/tlsMode': /^istio$/,
  'service.istio.io/canonical-name': /./,
  'service.istio.io/canonical-revision': /./,
  'service.istio.io/workload-name': /./,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': /^\*$/,
  'traffic.sidecar.istio.io/includeInboundPorts': /^\*$/,
  'traffic.sidecar.istio.io/excludeInboundPorts': ownPorts,
  'traffic.sidecar.istio.io/excludeOutboundPorts': /^$/,
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': /^$/,
};

/** One sentence for a person, or null. */
// INVARIANT (deny by default): of Istio's many switches only those are let through that are known to open nothing.
export function findMeshBypass({ metadata }: V1Pod): string | null {
  // Istio looks at both, and the one may say what the other does not.
  const switches = [metadata?.labels, metadata?.annotations].flatMap((place) => Object.entries(place ?? {}));
  for (const [key, value] of switches) {
    if (!/^([a-z0-9-]+\.)*istio\.io\//.test(key)) continue;
    if (Object.hasOwn(harmless, key) && harmless[key]?.test(value)) continue;
    return `\`${key}: ${value}\` may take the pod out of its istio-proxy`;
  }
  return null;
}
