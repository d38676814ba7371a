import type { Workload } from '../envoy/workload.ts';
import { noHosts } from './egress.ts';
import { objectMetadata } from './object_name.ts';
import type { AuthorizationPolicy, ObjectMetadata, PeerAuthentication, PodLabels, Sidecar } from './objects.ts';

const lockName = 'casa-locked';

/**
 * INVARIANT (deny by default): for every pod of the namespace that has no objects of its own, nothing comes in and nothing
 * goes out.
 */
export function emitNamespaceLocks(namespace: string): readonly [Sidecar, AuthorizationPolicy] {
  const metadata = objectMetadata(namespace, lockName, null);
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata,
      spec: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, egress: [{ hosts: [noHosts] }] },
    },
    // Without a rule it allows nothing.
    { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec: {} },
  ];
}

/** The app's own port and no other, behind Check: Check is asked first. */
export function emitPortLock(workload: Workload, metadata: ObjectMetadata, labels: PodLabels): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      action: 'ALLOW',
      rules: [{ to: [{ operation: { ports: [String(workload.pep.port)] } }] }],
    },
  };
}

/** Only the mesh may call; an agent that takes prompts may also be asked from outside of it, as the MAS's `ingress` says. */
export function emitMutualTls(workload: Workload, metadata: ObjectMetadata, labels: PodLabels): PeerAuthentication {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      mtls: { mode: workload.policy.takes_prompts ? 'PERMISSIVE' : 'STRICT' },
    },
  };
}
