import { CasaError } from '../policies/errors.ts';

/** By what an enforcement point proves who it is; its app can read neither file. */
export type Credential =
  /** A private EC P-256 JWK with `kid`: `private_key_jwt` (RFC 7523). */
  | { readonly kind: 'key'; readonly file: string }
  /** A Kubernetes ServiceAccount token of audience `casa`, bound to the pod; it is renewed in place. */
  | { readonly kind: 'token'; readonly file: string };

/** From where the addresses of workloads are known. */
export type PeerSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  /** The runtime, which sees the cluster's pods. */
  | { readonly kind: 'feed' };

/** What one enforcement point is told at its start: whom it stands beside, and where the runtime is. */
export interface PepConfig {
  /** `namespace.name` */
  readonly mas: string;
  readonly app: string;
  readonly namespace: string;
  readonly runtimeUrl: string;
  /** The Keycloak whose realm vouches for tokens and knows this enforcement point; null: the runtime does. */
  readonly keycloakUrl: string | null;
  /** By what the runtime knows who is asking. */
  readonly credential: Credential;
  readonly socketPath: string;
  readonly peers: PeerSource;
  /** Where the policy in force is put, for whoever makes Envoy's configuration of it; null: nobody does. */
  readonly bundleFile: string | null;
}

/** Whose tokens are ours. */
export interface Issuers {
  /** The issuer of a MAS is this and its name. */
  readonly base: string;
  /** Others issue tokens there as well. */
  readonly isShared: boolean;
}

export function issuersOf({ runtimeUrl, keycloakUrl }: Pick<PepConfig, 'runtimeUrl' | 'keycloakUrl'>): Issuers {
  return keycloakUrl === null
    ? { base: runtimeUrl, isShared: false }
    : { base: `${keycloakUrl}/realms`, isShared: true };
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
  const textOrNull = (name: string) => (fields[name] === null || fields[name] === undefined ? null : text(name));
  const credential = (): Credential => {
    const [key, token] = [textOrNull('clientKeyFile'), textOrNull('tokenFile')];
    if (key !== null && token === null) return { kind: 'key', file: key };
    if (token !== null && key === null) return { kind: 'token', file: token };
    throw invalid('one of `clientKeyFile` and `tokenFile` must be given');
  };
  const peers = (): PeerSource => {
    const file = textOrNull('peersFile');
    if (fields.peersFeed === true && file === null) return { kind: 'feed' };
    if (fields.peersFeed !== undefined && fields.peersFeed !== false) {
      throw invalid('`peersFeed` must be true or false, and not beside `peersFile`');
    }
    return file === null ? { kind: 'none' } : { kind: 'file', path: file };
  };
  const runtimeUrl = text('runtimeUrl').replace(/\/+$/, '');
  if (!URL.canParse(runtimeUrl)) throw invalid('`runtimeUrl` must be a URL');
  const keycloakUrl = textOrNull('keycloakUrl')?.replace(/\/+$/, '') ?? null;
  if (keycloakUrl !== null && !URL.canParse(keycloakUrl)) throw invalid('`keycloakUrl` must be a URL');
  return {
    mas: text('mas'),
    app: text('app'),
    namespace: text('namespace'),
    runtimeUrl,
    keycloakUrl,
    credential: credential(),
    socketPath: text('socketPath'),
    peers: peers(),
    bundleFile: textOrNull('bundleFile'),
  };
}

function invalid(message: string): CasaError {
  return new CasaError('configuration_invalid', message);
}
