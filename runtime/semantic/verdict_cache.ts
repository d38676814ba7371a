/** Verdicts that were given, for as long as their MAS says: the same question is not asked twice. */
import { canonicalJson, sha256Hex } from '../../policies/canonical.ts';
import type { JsonObject, SemanticFacts } from '../../policies/contract.ts';
import type { SemanticCheck, SemanticQuestion } from './semantic_check.ts';

export const verdictsMax = 10_000;

interface Remembered {
  readonly verdict: Promise<SemanticFacts>;
  readonly untilMs: number;
}

export interface CacheSettings {
  readonly ttlSeconds: number;
  /** What else the verdict depends on: the strategy and its bounds. */
  readonly key: JsonObject;
}

/** One for the whole process: its size holds for all systems together. */
export class VerdictCache {
  readonly #now: () => number;
  /** In the order of their use. */
  readonly #verdicts = new Map<string, Remembered>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#verdicts.size;
  }

  /** Equal questions at the same time share one verdict; a failure is forgotten at once. */
  over(check: SemanticCheck, settings: CacheSettings): SemanticCheck {
    return { verdict: (question) => this.#verdict(check, settings, question) };
  }

  #verdict(check: SemanticCheck, settings: CacheSettings, question: SemanticQuestion): Promise<SemanticFacts> {
    const key = questionDigest(question, settings.key);
    const known = this.#verdicts.get(key);
    this.#verdicts.delete(key);
    if (known !== undefined && known.untilMs > this.#now()) {
      this.#verdicts.set(key, known);
      return known.verdict;
    }
    const verdict = check.verdict(question);
    const remembered = { verdict, untilMs: this.#now() + settings.ttlSeconds * 1000 };
    if (settings.ttlSeconds > 0) this.#remember(key, remembered);
    verdict.then(
      ({ outcome }) => outcome === 'failed' && this.#forget(key, remembered),
      () => this.#forget(key, remembered),
    );
    return verdict;
  }

  #remember(key: string, remembered: Remembered): void {
    this.#verdicts.set(key, remembered);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > verdictsMax && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  #forget(key: string, remembered: Remembered): void {
    if (this.#verdicts.get(key) === remembered) this.#verdicts.delete(key);
  }
}

function questionDigest(
  { words, earlier, tool, offered, arguments: given }: SemanticQuestion,
  key: JsonObject,
): string {
  // `as`: definitions are plain JSON; their interface only lacks the index signature.
  const definitions = { tool: tool as unknown as JsonObject, offered: offered as unknown as readonly JsonObject[] };
  return sha256Hex(canonicalJson({ words, earlier, ...definitions, arguments: given, key }));
}
