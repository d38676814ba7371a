/** Which apps have a ready enforcement point: the sidecar is ready when it has the bundle. */
import type { V1Pod } from '@kubernetes/client-node';
import { appLabel, masLabel } from '../../policies/pod_labels.ts';

/** `MAS/APP` of every app with a pod that is ready. */
export function readyApps(pods: readonly V1Pod[]): ReadonlySet<string> {
  return new Set(
    pods.flatMap(({ metadata, status }) => {
      const mas = metadata?.labels?.[masLabel];
      const app = metadata?.labels?.[appLabel];
      const ready = status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
      return mas !== undefined && app !== undefined && ready === true ? [`${metadata?.namespace}.${mas}/${app}`] : [];
    }),
  );
}
