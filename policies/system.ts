/**
 * What the compiler makes of one MAS and its policies: the bundle's `data.json`, read by Rego as `data.mas`.
 * Globs are expanded, defaults applied, merges done: a decision is look-ups only (DESIGN 5.3).
 */
import type { AppType, JsonValue, NameSet, Protocol, ToolCheckName } from './contract.ts';

/** `data.json` of a bundle. */
export interface SystemDocument {
  readonly mas: CompiledSystem;
}

export interface CompiledSystem {
  /** `namespace.name` */
  readonly name: string;
  readonly enforcement: 'Enforce' | 'Audit';
  /** Only enabled checks are keys. */
  readonly checks: { readonly [check in ToolCheckName]?: true };
  readonly on_abstain: 'block' | 'pass_reads';
  /** True when some rule has `arguments` or `limits.sum`: then inputs must carry the call's arguments. */
  readonly reads_arguments: boolean;
  readonly apps: { readonly [app: string]: CompiledApp };
  readonly tools: { readonly [server: string]: { readonly [tool: string]: CompiledTool } };
  readonly rules: { readonly [ruleId: string]: CompiledRule };
}

export interface CompiledApp {
  readonly type: AppType;
  /** The app has a `promptFieldJsonPath`: a prompt sent to it can start a session. */
  readonly takes_prompts: boolean;
  readonly enforcement: 'Enforce' | 'Audit';
  /** Names of the CASAPolicies merged here, sorted, as `namespace/name`; `implied` for the one its MAS implies. */
  readonly policies: readonly string[];
  readonly protocols: { readonly [protocol in Protocol]?: true };
  /** Apps of the MAS that may be called, each with the protocols allowed on that edge (already within `protocols`). */
  readonly callees: { readonly [app: string]: { readonly [protocol in Protocol]?: true } };
  /** What is not an app. `exact` keys are `host:port` (lower case), values the protocols allowed there. */
  readonly endpoints: {
    readonly exact: { readonly [hostPort: string]: { readonly [protocol: string]: true } };
    readonly prefixes: readonly { readonly cidr: string; readonly port: number; readonly protocol: string }[];
  };
  /** `host:port` keys of the LLM endpoints this app may use. */
  readonly llm: NameSet;
  /**
   * The index: server, tool, then ids of the rules that name it (sorted). A tool that is a key with an empty list is
   * allowed by default (the policy has no `tools`); a tool that is no key is denied.
   */
  readonly tools: { readonly [server: string]: { readonly [tool: string]: readonly string[] } };
  /** Every `server/name` reachable from this app along allowed edges and agents, itself included: the ceiling of a session that enters here. */
  readonly reach: NameSet;
}

export interface CompiledTool {
  readonly selection: 'exact' | 'name';
  /** True when every class of the tool reads only. */
  readonly reads_only: boolean;
}

/** One entry of `CASAPolicy.spec.tools`. */
export interface CompiledRule {
  readonly policy: string;
  readonly effect: 'Allow' | 'Deny';
  readonly enforcement: 'Enforce' | 'Audit';
  /** null: any arguments. Otherwise what `flattenArguments` made of the JSON Schema subset of `crds`. */
  readonly arguments: CompiledArguments | null;
  readonly limits: {
    readonly calls_per_session: number | null;
    readonly sum: { readonly argument: string; readonly max: number } | null;
  } | null;
}

/**
 * A JSON Schema as Rego can read it, for Rego has no recursion: every clause must hold, a clause holds when one of its
 * tests does. Made by `flattenArguments` only.
 */
export interface CompiledArguments {
  readonly clauses: readonly (readonly ArgumentTest[])[];
  /** How many `pattern` tests there are: OPA's WASM is broken above 99 in one decision. */
  readonly patterns: number;
}

/** One keyword of JSON Schema at one place. A place that is absent satisfies every keyword, as JSON Schema says. */
export interface ArgumentTest {
  /** From the arguments inward, at most `argumentDepthMax` steps: a string is a member, null is every item of an array. */
  readonly path: readonly (string | null)[];
  readonly keyword: ArgumentKeyword;
  /**
   * `type`: list of type names; `enum`: list of values; `required`: one name; `members`: the names allowed;
   * `absent`: true, and never holds where there is something; else as in the schema.
   */
  readonly value: JsonValue;
  /** The test holds when the keyword does not. */
  readonly negated: boolean;
}

export type ArgumentKeyword =
  | 'type'
  | 'enum'
  | 'const'
  | 'minimum'
  | 'maximum'
  | 'exclusiveMinimum'
  | 'exclusiveMaximum'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'minItems'
  | 'maxItems'
  | 'required'
  | 'members'
  | 'absent';

/** Steps a path may have; the Rego walks exactly as many. */
export const argumentDepthMax = 6;
