/** Every MAS that the runtime serves: its compiled policy in the engine, and what else must be known of it. */
import type { AppType, Callee, Decision, DecisionInput } from '../../policies/contract.ts';
import { PolicyEngine } from '../../policies/engine/engine.ts';
import type { PepApp, PepDocument } from '../../policies/pep.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import type { ToolClass } from '../semantic/classes/word_lists.ts';
import type { SemanticSettings } from '../semantic/open_semantic_check.ts';
import type { DiscoveredTools } from './discovered_tools.ts';

/** One MAS as it serves. */
export interface ServedMas {
  readonly mas: string;
  readonly revision: string;
  readonly system: CompiledSystem;
  readonly pep: PepDocument;
  readonly tokenTtlSeconds: number;
  readonly sessionTtlSeconds: number;
  readonly semantic: SemanticSettings;
  /** What is declared of tools, by `server/name`. */
  readonly toolClasses: ReadonlyMap<string, readonly ToolClass[]>;
  /** Tools that were discovered, for the next change of the resources. */
  readonly discovered: DiscoveredTools;
  /** The bundle as enforcement points fetch it: tar.gz. */
  readonly packed: Uint8Array;
}

export class PolicySet {
  readonly #engine: PolicyEngine;
  readonly #served = new Map<string, ServedMas>();
  readonly #sequences = new Map<string, number>();

  private constructor(engine: PolicyEngine) {
    this.#engine = engine;
  }

  static async open(wasm: Uint8Array): Promise<PolicySet> {
    return new PolicySet(await PolicyEngine.open(wasm));
  }

  /**
   * Swaps a MAS whole or not at all: throws `bundle_corrupt`, and the last one keeps serving. `sequence` is the number of the
   * stored change that it comes from.
   */
  serve(served: ServedMas, sequence: number): void {
    this.#engine.load(served.mas, { mas: served.system }, served.revision);
    this.#served.set(served.mas, served);
    this.#sequences.set(served.mas, sequence);
  }

  /** The number of the stored change that serves; null when the MAS does not. */
  sequence(mas: string): number | null {
    return this.#sequences.get(mas) ?? null;
  }

  withdraw(mas: string): void {
    this.#engine.unload(mas);
    this.#served.delete(mas);
    this.#sequences.delete(mas);
  }

  get(mas: string): ServedMas | null {
    return this.#served.get(mas) ?? null;
  }

  names(): readonly string[] {
    return [...this.#served.keys()].sort();
  }

  app(mas: string, app: string): PepApp | null {
    const apps = this.get(mas)?.pep.apps ?? {};
    return Object.hasOwn(apps, app) ? (apps[app] ?? null) : null;
  }

  /** The one app that answers at this URL: scheme, host and port are its own; null for none, or for two. */
  appAt(mas: string, url: string): string | null {
    if (!URL.canParse(url)) return null;
    const { protocol, hostname, port } = new URL(url);
    const asked = Number(port) || (protocol === 'https:' ? 443 : 80);
    const found = Object.entries(this.get(mas)?.pep.apps ?? {}).filter(
      ([, app]) => `${app.scheme}:` === protocol && app.host === hostname && app.port === asked,
    );
    return found.length === 1 ? (found[0]?.[0] ?? null) : null;
  }

  appType(mas: string, app: string): AppType | null {
    return this.app(mas, app)?.type ?? null;
  }

  /** Where a call to this app goes, or null when the MAS has no such app. */
  callee(mas: string, app: string): Callee | null {
    const callee = this.app(mas, app);
    return callee === null ? null : { kind: 'app', app, host: callee.host, port: callee.port };
  }

  /** The only decision maker; a MAS that does not serve is denied `policy_missing`. */
  evaluate(input: DecisionInput): Decision {
    return this.#engine.evaluate(input);
  }
}
