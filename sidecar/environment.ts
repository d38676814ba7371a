import { CasaError } from '../policies/errors.ts';
import { hasOwnEnvoy, runDirOf } from './places.ts';

/** What the webhook tells a sidecar; README.md lists the variables. */
export interface SidecarEnvironment {
  readonly mas: string;
  readonly app: string;
  readonly namespace: string;
  readonly runtimeUrl: string;
  /** Whose realms are the issuers of tokens; null: the runtime is. */
  readonly keycloakUrl: string | null;
  readonly tokenFile: string;
  /** null: the app listens on the port of the MAS. */
  readonly appPorts: readonly number[] | null;
  readonly runDir: string;
  /** null: the pod has another Envoy, istio-proxy, which asks our ext-authz. */
  readonly envoy: string | null;
  readonly accessLog: string;
}

const portMax = 65_535;

/** Throws CasaError('configuration_invalid') that names every variable that is wrong. */
export function parseEnvironment(env: { readonly [name: string]: string | undefined }): SidecarEnvironment {
  const wrong: string[] = [];
  const required = (name: string): string => {
    const value = env[name] ?? '';
    if (value === '') wrong.push(`\`${name}\` is missing`);
    return value;
  };
  const read = {
    mas: required('CASA_MAS'),
    app: required('CASA_APP'),
    namespace: required('CASA_NAMESPACE'),
    runtimeUrl: required('CASA_RUNTIME_URL').replace(/\/+$/, ''),
    keycloakUrl: env.CASA_KEYCLOAK_URL ? env.CASA_KEYCLOAK_URL.replace(/\/+$/, '') : null,
    tokenFile: required('CASA_TOKEN_FILE'),
    appPorts: parsePorts(env.CASA_APP_PORTS),
    runDir: runDirOf(env),
    envoy: hasOwnEnvoy(env) ? (env.CASA_ENVOY ?? '/usr/local/bin/envoy') : null,
    accessLog: env.CASA_ACCESS_LOG ?? '/dev/stdout',
  };
  if (read.appPorts?.includes(0)) wrong.push('`CASA_APP_PORTS` must be port numbers, joined by commas');
  if (read.runtimeUrl !== '' && !URL.canParse(read.runtimeUrl)) wrong.push('`CASA_RUNTIME_URL` must be a URL');
  if (read.keycloakUrl !== null && !URL.canParse(read.keycloakUrl)) wrong.push('`CASA_KEYCLOAK_URL` must be a URL');
  if (wrong.length > 0) throw new CasaError('configuration_invalid', wrong.join('; '));
  return read;
}

/** 0 stands for what is no port. */
function parsePorts(text: string | undefined): readonly number[] | null {
  if (text === undefined || text === '') return null;
  return text.split(',').map((word) => {
    const port = /^\d{1,5}$/.test(word.trim()) ? Number(word) : 0;
    return port <= portMax ? port : 0;
  });
}
