import { join } from 'node:path';

/** The files of one sidecar, all in its folder. */
export interface SidecarPlaces {
  /** Of ext-authz. */
  readonly checkSocket: string;
  /** Of Envoy. */
  readonly adminSocket: string;
  /** The policy that ext-authz decides by; not there when it has none. */
  readonly bundleFile: string;
  readonly envoyConfig: string;
  readonly clustersFile: string;
  readonly listenersFile: string;
  readonly extAuthzConfig: string;
}

export function runDirOf(env: { readonly [name: string]: string | undefined }): string {
  return env.CASA_RUN_DIR ?? '/run/casa';
}

export function sidecarPlaces(runDir: string): SidecarPlaces {
  return {
    checkSocket: join(runDir, 'check.sock'),
    adminSocket: join(runDir, 'admin.sock'),
    bundleFile: join(runDir, 'bundle.json'),
    clustersFile: join(runDir, 'clusters.json'),
    listenersFile: join(runDir, 'listeners.json'),
    envoyConfig: join(runDir, 'envoy.json'),
    extAuthzConfig: join(runDir, 'ext-authz.json'),
  };
}

/** `none`: the pod has another Envoy. */
export function hasOwnEnvoy(env: { readonly [name: string]: string | undefined }): boolean {
  return env.CASA_ENVOY !== 'none';
}
