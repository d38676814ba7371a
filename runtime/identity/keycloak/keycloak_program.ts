/** How a Keycloak is started on this machine, for `casa local` and for tests; in a cluster the official image is. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AdminCredentials } from './admin_api.ts';

/** Where `scripts/install_keycloak.mjs` puts it. */
const homeInCasa = join('.tools', 'keycloak-26.7.3');

export interface KeycloakPlace {
  /** Of its database; it is closed to others. */
  readonly folder: string;
  readonly port: number;
  readonly managementPort: number;
}

export interface KeycloakProgram {
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
}

/** Why none can be started here, or null. */
export function missingKeycloak(): string | null {
  return existsSync(join(keycloakHome(), 'lib', 'quarkus-run.jar')) ? null : 'run `node scripts/install_keycloak.mjs`';
}

/**
 * Java itself, as `kc.sh` would call it: one process, which can be told to die with its parent. Loopback only, a small heap, and
 * compiled quickly rather than well: its life is short.
 */
export function keycloakProgram(place: KeycloakPlace, admin: AdminCredentials): KeycloakProgram {
  const home = keycloakHome();
  const opened = ['java.util', 'java.util.concurrent', 'java.security', 'java.lang'];
  const java = [
    ...['-Xms128m', '-Xmx512m', '-XX:MaxMetaspaceSize=256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${join(home, 'conf')}`,
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    '-Dpicocli.disable.closures=true',
    ...['-cp', join(home, 'lib', 'quarkus-run.jar'), 'io.quarkus.bootstrap.runner.QuarkusEntryPoint'],
  ];
  const flags = {
    cache: 'local',
    'http-enabled': 'true',
    'hostname-strict': 'false',
    'http-host': '127.0.0.1',
    'http-port': String(place.port),
    'http-management-host': '127.0.0.1',
    'http-management-port': String(place.managementPort),
    'db-url': `jdbc:h2:file:${join(place.folder, 'db')};NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE`,
  };
  return {
    argv: [
      'java',
      ...java,
      'start',
      '--optimized',
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    ],
    env: {
      PATH: process.env.PATH ?? '',
      KC_BOOTSTRAP_ADMIN_CLIENT_ID: admin.clientId,
      KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: admin.secret,
    },
  };
}

/** Listening is not yet serving: the master realm answers when everything is there. */
export async function keycloakServes(url: string): Promise<boolean> {
  return fetch(`${url}/realms/master`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** In the folder of CASA itself: the one with `package.json` above this file, from source and from `dist` alike. */
function keycloakHome(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, homeInCasa);
}
