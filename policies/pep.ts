/**
 * What an enforcement point must know of its MAS beside the policy: the bundle's `pep.json`.
 * It holds facts for reading requests, never a rule.
 */
import type { AppType, JsonObject, JsonValue } from './contract.ts';
import type { CompiledSystem } from './system.ts';

export interface PepDocument {
  /** `namespace.name` */
  readonly mas: string;
  readonly namespace: string;
  readonly revision_of: string;
  readonly denials: 'jsonrpc' | 'http403';
  readonly sessionTtlSeconds: number;
  readonly apps: { readonly [app: string]: PepApp };
  /** `host:port`, lower case, of every LLM endpoint of the MAS. */
  readonly llm: readonly string[];
}

/** The policy that an ext-authz decides by at the moment: what it shows to the supervisor of its Envoy, as a file. */
export interface ShownBundle {
  readonly revision: string;
  readonly system: CompiledSystem;
  readonly pep: PepDocument;
}

export interface PepApp {
  readonly type: AppType;
  readonly workload: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** kubectl JSONPath, or null. */
  readonly promptFieldJsonPath: string | null;
  /** The MCP endpoint's path. */
  readonly path: string;
  /** Exact paths that need no token: GET without a body. */
  readonly openPaths: readonly string[];
  /** How an agent names tools to its LLM, such as `{server}__{tool}`; null: by definition equality only. */
  readonly toolNames: string | null;
  /** Tools of an MCP server, by name. */
  readonly tools: { readonly [tool: string]: PepTool };
  /** Who may start a session here from outside every MAS; null: any peer that is no app of a MAS. */
  readonly ingress: readonly PepIngress[] | null;
}

export interface PepTool {
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly selection: 'exact' | 'name';
  readonly annotations: JsonValue;
}

export type PepIngress =
  | { readonly kind: 'workload'; readonly namespace: string; readonly workload: string | null }
  | { readonly kind: 'cidr'; readonly cidr: string };
