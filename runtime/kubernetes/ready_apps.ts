/** Which apps have a ready enforcement point: the sidecar is ready when it has the bundle. */
import type { V1Pod } from '@kubernetes/client-node';

/** On every pod that has a sidecar of ours; `casa.io/app` beside it names the app. */
export const sidecarLabel = 'casa.io/mas';
export const appLabel = 'casa.io/app';

/** `MAS/APP` of every app with a pod that is ready. */
export function readyApps(pods: readonly V1Pod[]): ReadonlySet<string> {
  return new Set(
    pods.flatMap(({ metadata, status }) => {
      const mas = metadata?.labels?.[sidecarLabel];
      const app = metadata?.labels?.[appLabel];
      const ready = status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
      return mas !== undefined && app !== undefined && ready === true ? [`${metadata?.namespace}.${mas}/${app}`] : [];
    }),
  );
}
