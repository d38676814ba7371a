/**
 * The custom resources as types. Made from the CRD YAML by `npm run types`: change the YAML, never this file.
 * What has a default in the YAML is always there: loading puts it in.
 */
import type { JsonObject } from '../policies/contract.ts';

/**
 * Kubernetes' own members.
 */
export interface Metadata {
  /**
   * Name of the resource.
   */
  readonly name: string;
  /**
   * Namespace of the resource.
   */
  readonly namespace: string;
  /**
   * Counts the changes of the spec.
   */
  readonly generation?: number;
  /**
   * Identity of the resource over all time.
   */
  readonly uid?: string;
  /**
   * Version of the stored resource.
   */
  readonly resourceVersion?: string;
  /**
   * Labels.
   */
  readonly labels?: {
    readonly [k: string]: string;
  };
  /**
   * Annotations.
   */
  readonly annotations?: {
    readonly [k: string]: string;
  };
  /**
   * As Kubernetes writes it.
   */
  readonly creationTimestamp?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly deletionTimestamp?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly deletionGracePeriodSeconds?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly finalizers?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly generateName?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly managedFields?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly ownerReferences?: unknown;
  /**
   * As Kubernetes writes it.
   */
  readonly selfLink?: unknown;
}

/**
 * A named set of apps in one namespace, and how calls between them are tied to what the user asked for.
 */
export interface MultiAgentSystem {
  readonly apiVersion: 'casa.io/v1alpha1';
  readonly kind: 'MultiAgentSystem';
  readonly metadata: Metadata;
  readonly spec: MultiAgentSystemSpec;
  readonly status?: MultiAgentSystemStatus;
}
/**
 * What is wanted.
 */
export interface MultiAgentSystemSpec {
  /**
   * Name shown to people.
   */
  readonly name: string;
  /**
   * Checks that every tool call must pass.
   *
   * @maxItems 3
   */
  readonly enabledToolChecks: readonly ('DETERMINISTIC_TOOL_SELECTED' | 'DETERMINISTIC_LLM_SELECTED_TOOLS' | 'AI_POWERED_TOOL_MATCH')[];
  /**
   * Host, and port unless it is 443, of the LLM endpoint that the agents use.
   */
  readonly llm_host?: string;
  /**
   * How `AI_POWERED_TOOL_MATCH` judges whether a tool fits what the user asked for.
   */
  readonly semanticCheck: {
    /**
     * Who judges.
     */
    readonly strategy?: 'embeddings' | 'llm_verifier' | 'hybrid';
    /**
     * Score from which a tool fits.
     */
    readonly threshold?: number;
    /**
     * Distance from the threshold within which the judge abstains.
     */
    readonly margin?: number;
    /**
     * What becomes of a call on which the judge abstains; `pass_reads` lets tools pass that only read.
     */
    readonly onAbstain: 'block' | 'pass_reads';
    /**
     * How long a verdict is remembered.
     */
    readonly cacheTtlSeconds: number;
  };
  /**
   * Life of one token; tokens are minted anew while the session lives.
   */
  readonly tokenTtlSeconds: number;
  /**
   * Life of a session.
   */
  readonly sessionTtlSeconds: number;
  /**
   * How a tool call must equal what the LLM selected; `exact` compares name and arguments.
   */
  readonly selection: 'exact' | 'name';
  /**
   * How a policy denial of an MCP request looks on the wire.
   */
  readonly denials: 'jsonrpc' | 'http403';
  /**
   * `Audit` records policy denials and lets the calls through.
   */
  readonly enforcement: 'Enforce' | 'Audit';
  /**
   * Peers outside every MAS that may start sessions; absent, any such peer may.
   *
   * @maxItems 64
   */
  readonly ingress?: readonly IngressPeer[];
  /**
   * The apps, each with a name of its own.
   *
   * @minItems 1
   * @maxItems 1000
   */
  readonly apps: readonly App[];
}
/**
 * Either `cidr`, or `namespace`, `workload` or both.
 */
export interface IngressPeer {
  /**
   * Namespace of the peer; absent beside `workload`, that of the MAS.
   */
  readonly namespace?: string;
  /**
   * Name of the peer's workload; absent, any workload of the namespace.
   */
  readonly workload?: string;
  /**
   * Addresses of the peer.
   */
  readonly cidr?: string;
}
/**
 * One workload.
 */
export interface App {
  /**
   * Name of the app in tokens, policies and traces.
   */
  readonly name: string;
  /**
   * What the app is.
   */
  readonly type: 'agent' | 'client' | 'mcp_server';
  /**
   * Name of the Deployment, StatefulSet, DaemonSet or Pod that runs the app.
   */
  readonly kubernetesWorkloadName: string;
  /**
   * Where others reach the app.
   */
  readonly baseUrl: {
    /**
     * Host and port, such as `svc:8080`; without a port, that of the scheme.
     */
    readonly host: string;
    /**
     * Scheme of the URL.
     */
    readonly scheme: 'http' | 'https';
  };
  /**
   * How the app's own HTTP requests are read.
   */
  readonly httpRequestSchema?: {
    /**
     * Where the user's words are in a request's body, as kubectl JSONPath, such as `{.prompt}`.
     */
    readonly promptFieldJsonPath?: string;
  };
  /**
   * Path of the MCP endpoint; absent, `/mcp`.
   */
  readonly path?: string;
  /**
   * Paths that need no token for a GET without a body, such as health probes.
   *
   * @maxItems 16
   */
  readonly openPaths?: readonly string[];
  /**
   * How an agent names tools to its LLM, such as `{server}__{tool}`.
   */
  readonly toolNames?: string;
  /**
   * Tools of an MCP server; absent, they are discovered.
   *
   * @maxItems 256
   */
  readonly tools?: readonly AppTool[];
}
/**
 * One tool.
 */
export interface AppTool {
  /**
   * The tool's own name, as the server lists it.
   */
  readonly name: string;
  /**
   * What the tool does, as the server lists it.
   */
  readonly description?: string;
  /**
   * MCP's hints about the tool.
   */
  readonly annotations?: {
    /**
     * Title shown to people.
     */
    readonly title?: string;
    /**
     * The tool changes nothing.
     */
    readonly readOnlyHint?: boolean;
    /**
     * The tool may destroy.
     */
    readonly destructiveHint?: boolean;
    /**
     * Calling it again changes nothing more.
     */
    readonly idempotentHint?: boolean;
    /**
     * The tool deals with the world outside the server.
     */
    readonly openWorldHint?: boolean;
  };
  /**
   * JSON Schema of the tool's arguments, as the server lists it.
   */
  readonly inputSchema?: JsonObject;
  /**
   * How calls of this tool must equal what the LLM selected; absent, as the MAS says.
   */
  readonly selection?: 'exact' | 'name';
  /**
   * What the tool does to the world; absent, only `annotations.readOnlyHint` speaks.
   *
   * @minItems 1
   * @maxItems 9
   */
  readonly classes?: readonly ('read' | 'create' | 'update' | 'delete' | 'send' | 'pay' | 'grant' | 'credential' | 'execute')[];
}
/**
 * What is.
 */
export interface MultiAgentSystemStatus {
  /**
   * In one word.
   */
  readonly phase?: 'Pending' | 'Active' | 'Failed';
  /**
   * In one sentence.
   */
  readonly message?: string;
  /**
   * Revision of the bundle that is served.
   */
  readonly revision?: string;
  /**
   * Generation that this status speaks of.
   */
  readonly observedGeneration?: number;
  /**
   * When the status was last looked at.
   */
  readonly lastSyncTime?: string;
  /**
   * Ready apps of all, such as `3/4`.
   */
  readonly appsReady?: string;
  /**
   * State of each app.
   *
   * @maxItems 1000
   */
  readonly apps?: readonly AppStatus[];
  /**
   * `Accepted`, `Programmed`, `Ready`.
   *
   * @maxItems 8
   */
  readonly conditions?: readonly MultiAgentSystemCondition[];
}
/**
 * State of one app.
 */
export interface AppStatus {
  /**
   * Name of the app.
   */
  readonly name: string;
  /**
   * The app's enforcement point serves the revision.
   */
  readonly ready: boolean;
  /**
   * Why it is not ready.
   */
  readonly reason?: string;
}
/**
 * One condition.
 */
export interface MultiAgentSystemCondition {
  /**
   * Name of the condition.
   */
  readonly type: string;
  /**
   * Whether it holds.
   */
  readonly status: 'True' | 'False' | 'Unknown';
  /**
   * Why, as one word.
   */
  readonly reason: string;
  /**
   * Why, for people.
   */
  readonly message: string;
  /**
   * Generation that the condition speaks of.
   */
  readonly observedGeneration?: number;
  /**
   * When it last changed.
   */
  readonly lastTransitionTime: string;
}

/**
 * What one workload of a MAS may reach, by which protocols, and which tools it may call.
 */
export interface CASAPolicy {
  readonly apiVersion: 'casa.io/v1alpha1';
  readonly kind: 'CASAPolicy';
  readonly metadata: Metadata;
  readonly spec: CASAPolicySpec;
  readonly status?: CASAPolicyStatus;
}
/**
 * What is wanted.
 */
export interface CASAPolicySpec {
  /**
   * The workload that the policy is for, in the policy's namespace.
   */
  readonly targetRef: {
    /**
     * Kind of the workload.
     */
    readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Pod';
    /**
     * Name of the workload.
     */
    readonly name: string;
  };
  /**
   * `Audit` decides and records, and never blocks.
   */
  readonly enforcement: 'Enforce' | 'Audit';
  /**
   * Protocols that the workload may speak; absent, `mcp` and `a2a` for agents and clients, none for MCP servers.
   *
   * @maxItems 3
   */
  readonly allowedProtocols?: readonly ('mcp' | 'a2a' | 'http')[];
  /**
   * What the workload may reach; absent, the other apps of its MAS.
   *
   * @maxItems 256
   */
  readonly allowedEndpoints?: readonly AllowedEndpoint[];
  /**
   * The LLM endpoint of the workload; absent, the `llm_host` of the MAS, for agents only.
   */
  readonly llmEndpoint?: {
    /**
     * Host of the endpoint.
     */
    readonly fqdn: string;
    /**
     * Port of the endpoint.
     */
    readonly port: number;
  };
  /**
   * Rules; absent, every tool of the servers that the workload may reach; present, only what an `Allow` matches, and any `Deny` that matches wins.
   *
   * @maxItems 512
   */
  readonly tools?: readonly ToolRule[];
}
/**
 * An app or a Service by `name`, or `fqdn` or `cidr` with `port`.
 */
export interface AllowedEndpoint {
  /**
   * An app of the MAS, or a Service that is no app.
   */
  readonly name?: string;
  /**
   * Namespace of `name`; absent, that of the policy.
   */
  readonly namespace?: string;
  /**
   * A host outside the cluster.
   */
  readonly fqdn?: string;
  /**
   * Addresses outside the MAS.
   */
  readonly cidr?: string;
  /**
   * Port; absent for an app, the app's own.
   */
  readonly port?: number;
  /**
   * What is spoken there; absent, `mcp` or `a2a` by the app's type, and `tcp` for what is no app.
   */
  readonly protocol?: 'mcp' | 'a2a' | 'http' | 'tcp' | 'tls';
}
/**
 * One rule.
 */
export interface ToolRule {
  /**
   * App name of the MCP server, a glob with `*` and `?`.
   */
  readonly server: string;
  /**
   * Name of the tool, a glob with `*` and `?`.
   */
  readonly name: string;
  /**
   * What a match does.
   */
  readonly effect: 'Allow' | 'Deny';
  /**
   * JSON Schema subset that the call's arguments must satisfy for the rule to match.
   */
  readonly arguments?: JsonObject;
  /**
   * How much of an `Allow` one session may use.
   */
  readonly limits?: {
    /**
     * Calls in one session.
     */
    readonly callsPerSession?: number;
    /**
     * Largest sum of one argument over the calls of a session.
     */
    readonly sum?: {
      /**
       * Name of the argument.
       */
      readonly argument: string;
      /**
       * Largest sum.
       */
      readonly max: number;
    };
  };
}
/**
 * What is.
 */
export interface CASAPolicyStatus {
  /**
   * Generation that this status speaks of.
   */
  readonly observedGeneration?: number;
  /**
   * `Accepted`, `Programmed`.
   *
   * @maxItems 8
   */
  readonly conditions?: readonly CASAPolicyCondition[];
}
/**
 * One condition.
 */
export interface CASAPolicyCondition {
  /**
   * Name of the condition.
   */
  readonly type: string;
  /**
   * Whether it holds.
   */
  readonly status: 'True' | 'False' | 'Unknown';
  /**
   * Why, as one word.
   */
  readonly reason: string;
  /**
   * Why, for people.
   */
  readonly message: string;
  /**
   * Generation that the condition speaks of.
   */
  readonly observedGeneration?: number;
  /**
   * When it last changed.
   */
  readonly lastTransitionTime: string;
}
