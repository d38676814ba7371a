/**
 * Where `runtime` and `ext-authz` meet: paths, parameters and bodies of the runtime's HTTP API (DESIGN 5.4).
 * Both sides import this file and nothing of each other.
 */
import type { Decision, JsonObject, Reason } from './contract.ts';
import type { SelectionFact, TraceEvent } from './trace.ts';

export const paths = {
  /** Nobody is asked for consent here: it answers that. Common clients refuse metadata without it. */
  authorize: '/oauth/authorize',
  token: '/oauth/token',
  exchange: '/oauth/token/exchange',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  /** Long poll; see `RevocationFeed`. */
  revocations: (mas: string) => `/oauth/revocations/${encodeURIComponent(mas)}`,
  jwks: (mas: string) => `/${encodeURIComponent(mas)}/jwks`,
  bundle: (mas: string) => `/bundles/${encodeURIComponent(mas)}`,
  /** Long poll; see `PeersFeed`. */
  peers: (mas: string) => `/peers/${encodeURIComponent(mas)}`,
  events: '/events',
  selections: '/selections',
  /** See `TokenHashKey`. */
  tokenHashKey: '/token-hash-key',
  apps: '/apps',
  mas: '/mas',
  trace: '/trace',
  /** `?form=ndjson|opa|otlp`, and `mas`, `session`, `after` as for the trace: JSON lines of all of it. */
  traceExport: '/trace/export',
  health: '/health',
  ready: '/ready',
} as const;

export const grantTypes = {
  clientCredentials: 'client_credentials',
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** The OAuth client of one app's enforcement point: `namespace.name/app`. */
export function clientId(mas: string, app: string): string {
  return `${mas}/${app}`;
}

/**
 * `POST /oauth/token`, form encoded, grant `client_credentials`: starts a session.
 * The client is the PEP that saw the prompt: the agent's own (caller outside every MAS) or the client app's.
 */
export interface SessionStartForm {
  readonly grant_type: 'client_credentials';
  readonly client_assertion_type: string;
  readonly client_assertion: string;
  /** The user's words, or for a client's direct tool call `canonicalJson({ arguments, tool })`, whose SHA-256 is its `callDigest`. */
  readonly user_input: string;
  /** The entry: the app that is called. The token's `aud`. */
  readonly audience: string;
  /** The calling app of type client; absent when the peer is outside every MAS. */
  readonly caller?: string;
  /** Present for a client's direct tool call: `server/name`, the session's only tool. */
  readonly tools?: string;
  /** The direct tool call's arguments as JSON text; required with `tools`. The token carries the call's `call_digest`. */
  readonly arguments?: string;
  /** The peer's own W3C trace id; linked, never used. */
  readonly linked_trace_id?: string;
  readonly decision_id: string;
}

/** RFC 6749 section 5.1, and what the PEP needs to attribute later calls. */
export interface SessionStartResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly session_id: string;
  readonly conversation_id: string;
  /** 32 hex digits, made fresh for this session. */
  readonly trace_id: string;
  readonly decision_id: string;
}

/**
 * `POST /oauth/token/exchange` and the RFC 8693 grant at `/oauth/token`, form encoded. Our own enforcement points say all of it;
 * for others `resource` (a URL of the app) stands for `audience`, and `decision_id`, `protocol` and `operation` may be absent.
 */
export interface ExchangeForm {
  readonly grant_type: string;
  readonly client_assertion_type: string;
  readonly client_assertion: string;
  readonly subject_token: string;
  readonly subject_token_type: string;
  /** The callee's app name, or `llm`, or absent host names for `other`. */
  readonly audience: string;
  /** `server/name` for a tool call; absent for a delegation to an agent. */
  readonly tools?: string;
  readonly protocol: string;
  readonly operation: string;
  /** The tool call's arguments as JSON text; required with `tools`. */
  readonly arguments?: string;
  /** The JSON-RPC id as JSON text: tells a retry (same id, same call) from a second call. */
  readonly call_id?: string;
  readonly decision_id: string;
}

export interface ExchangeResponse {
  readonly access_token: string;
  readonly issued_token_type: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly tools: readonly string[];
  readonly session_id: string;
  readonly trace_id: string;
  readonly decision_id: string;
  readonly decision: Decision;
}

/** 403 of the token endpoints when a decision refused; other errors are plain RFC 6749 bodies. */
export interface RefusedResponse {
  readonly error: 'access_denied';
  readonly error_description: string;
  readonly decision_id: string;
  readonly decision: Decision;
}

/** RFC 6749 section 5.2. */
export interface OAuthErrorResponse {
  readonly error: string;
  readonly error_description?: string;
}

/** RFC 7662; inactive says nothing more. */
export type IntrospectionResponse = { readonly active: false } | ({ readonly active: true } & TokenClaims);

/** The JWT's claims (`typ: at+jwt`, RFC 9068). */
export interface TokenClaims {
  /** `{runtime base URL}/{mas}`, or the URL of the MAS's realm. */
  readonly iss: string;
  /** The callee's app name. */
  readonly aud: string;
  /** The app or user the session began with. */
  readonly sub: string;
  readonly act?: ActClaim;
  readonly client_id: string;
  readonly session_id: string;
  /** Space separated. */
  readonly scope: string;
  /** `server/name`, sorted. A tool token has exactly one; larger sets than `claimToolsMax` stay in the runtime and are absent here. */
  readonly tools?: readonly string[];
  /** Tool tokens: `callDigest` of the call this token was minted for. */
  readonly call_digest?: string;
  /** W3C trace id of the session. */
  readonly trace_id: string;
  /** Minted in an Audit system for a call that Enforce would refuse. */
  readonly audit?: true;
  /** With a Keycloak: the names by which its own introspection and revocation know the token. */
  readonly typ?: 'Bearer';
  /** The app whose enforcement point was given the token. */
  readonly azp?: string;
  readonly preferred_username?: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
}

/** RFC 8693 section 4.1: the outermost is the current actor. */
export interface ActClaim {
  readonly sub: string;
  readonly act?: ActClaim;
}

export const claimToolsMax = 128;

/**
 * `GET /oauth/revocations/{mas}?after=N` with `Prefer: wait=S` (S <= 10): answers at once when there is news, else after S
 * seconds. Every answer is a heartbeat. Authenticated as a PEP of the MAS (`authorization: Bearer <client assertion>`, or with a Keycloak its realm's token).
 */
export interface RevocationFeed {
  /** Pass as `after` next time. Starts at 0. */
  readonly sequence: number;
  readonly revoked: readonly { readonly session_id: string; readonly sequence: number }[];
}

/**
 * `GET /peers/{mas}?known=VERSION` with `Prefer: wait=S` (S <= 10): the addresses of workloads, at once when they are others
 * than at `known`, else after S seconds. Every answer is a heartbeat; 503 while the runtime does not know them. Authenticated like the revocation feed.
 */
export interface PeersFeed {
  readonly version: string;
  /** null: as at `known`. */
  readonly peers: readonly PeerAddress[] | null;
}

/** Who is at an address. Of other systems than the asker's, only that it is a workload. */
export interface PeerAddress {
  readonly address: string;
  /** `namespace.name`; null: a workload of no MAS. */
  readonly mas: string | null;
  readonly app: string | null;
  readonly namespace: string;
  readonly workload: string | null;
}

/** `POST /selections`, JSON; a 200 means stored: only then may ext_proc release the answer. Same authentication as events. */
export interface SelectionsRequest {
  readonly mas: string;
  readonly app: string;
  readonly session_id: string;
  /** One id an LLM answer; repeating it changes nothing. */
  readonly llm_call_id: string;
  readonly selections: readonly SelectionFact[];
}

/** `POST /events`, JSON, authenticated by `authorization: Bearer <client assertion>`; acknowledged means stored. */
export interface EventsRequest {
  readonly events: readonly TraceEvent[];
}
export interface EventsResponse {
  readonly stored: number;
}
/**
 * `GET /token-hash-key`, authenticated like events: under what the runtime hashes the tokens that it makes (`sipHashHex`), so that
 * a node agent can tell which token it saw without saying it. With it alone no token can be made or read.
 */
export interface TokenHashKey {
  /** 32 hexadecimal digits. */
  readonly key: string;
}
export const eventsPerRequestMax = 500;

/** `POST /apps` (management): registers the app's enforcement point. */
export interface AppRegistration {
  readonly mas: string;
  readonly app: string;
  /** Public keys (RFC 7517) by which the PEP signs its `private_key_jwt`. */
  readonly jwks: { readonly keys: readonly JsonObject[] };
}

/** `POST /mas`, `PUT /mas/{namespace.name}` (management): the resources as a user would apply them. */
export interface MasRegistration {
  readonly multiAgentSystem: JsonObject;
  readonly policies: readonly JsonObject[];
  /** Tools that MCP servers listed, by app; the runtime adds them where the manifest declares none. */
  readonly discovered?: { readonly [app: string]: readonly JsonObject[] };
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly reason?: Reason;
  readonly issues?: readonly JsonObject[];
}

/** `typ: at+jwt`. */
export const accessTokenTyp = 'at+jwt';
/** Client assertions live this long at most (RFC 7523), seconds. */
export const assertionTtlSecondsMax = 300;
/** How long a PEP may rely on its last word from the runtime (DESIGN 3.4), milliseconds of monotonic time. */
export const confirmationMaxMs = 30_000;

/** `POST /oauth/token`, form encoded: an app token, without a session, good for discovery only. */
export interface AppTokenForm {
  readonly grant_type: 'client_credentials';
  readonly client_assertion_type: string;
  readonly client_assertion: string;
  readonly scope: 'discover';
  /** The callee's app name. */
  readonly audience: string;
  readonly decision_id: string;
}
