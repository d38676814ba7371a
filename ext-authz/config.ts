import { CasaError } from '../policies/errors.ts';

/** What one enforcement point is told at its start: whom it stands beside, and where the runtime is. */
export interface PepConfig {
  /** `namespace.name` */
  readonly mas: string;
  readonly app: string;
  readonly workload: string;
  readonly namespace: string;
  readonly runtimeUrl: string;
  /** A private EC P-256 JWK with `kid`; only this process can read it. */
  readonly clientKeyFile: string;
  readonly socketPath: string;
  /** Known addresses of workloads; null: none are known. */
  readonly peersFile: string | null;
}

/** Reads the configuration; throws CasaError('configuration_invalid') that names the first field that is wrong. */
export function parseConfig(value: unknown): PepConfig {
  if (typeof value !== 'object' || value === null) throw invalid('the configuration is no JSON object');
  const fields = value as Record<string, unknown>; // an object: narrowed above
  const text = (name: string): string => {
    const field = fields[name];
    if (typeof field !== 'string' || field === '') throw invalid(`\`${name}\` must be a non-empty string`);
    return field;
  };
  const runtimeUrl = text('runtimeUrl').replace(/\/+$/, '');
  if (!URL.canParse(runtimeUrl)) throw invalid('`runtimeUrl` must be a URL');
  return {
    mas: text('mas'),
    app: text('app'),
    workload: text('workload'),
    namespace: text('namespace'),
    runtimeUrl,
    clientKeyFile: text('clientKeyFile'),
    socketPath: text('socketPath'),
    peersFile: fields.peersFile === null || fields.peersFile === undefined ? null : text('peersFile'),
  };
}

function invalid(message: string): CasaError {
  return new CasaError('configuration_invalid', message);
}
