/** The semantic check of one MAS, out of its `semanticCheck` settings and what this process has. */
import { canonicalJson } from '../../policies/canonical.ts';
import { unreachable } from '../../policies/errors.ts';
import { hybridCheck } from './hybrid.ts';
import type { ScoreBounds } from './judge_score.ts';
import type { SemanticCheck, ToolDefinition } from './semantic_check.ts';
import { embeddingsCheck } from './similarity/embeddings.ts';
import { ToolRanker } from './similarity/rank_tool.ts';
import { openSentenceModel, type SentenceModel } from './similarity/sentence_model.ts';
import { VerdictCache } from './verdict_cache.ts';
import { llmVerifierCheck, type VerifierEndpoint } from './verifier/llm_verifier.ts';

/** `MultiAgentSystem.spec.semanticCheck`, without what is Rego's; absent parts have the defaults below. */
export interface SemanticSettings {
  readonly strategy?: 'embeddings' | 'llm_verifier' | 'hybrid';
  readonly threshold?: number;
  readonly margin?: number;
  readonly cacheTtlSeconds: number;
}

/** Measured: see README. */
export const embeddingBounds: ScoreBounds = { threshold: 0.3, margin: 0.05 };
export const verifierBounds: ScoreBounds = { threshold: 0.5, margin: 0.2 };

export interface SemanticParts {
  /** Folder of the sentence model's folder. */
  readonly modelsPath: string;
  /** What the sentence model may take for an answer. */
  readonly modelTimeoutMs: number;
  /** null: none is configured, and what needs one fails. */
  readonly verifier: VerifierEndpoint | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const checksMax = 1_000;

/** One for the process: one sentence model and one cache for all its systems. */
export class SemanticChecks {
  readonly #verifier: VerifierEndpoint | null;
  readonly #model: SentenceModel;
  readonly #ranker: ToolRanker;
  readonly #cache: VerdictCache;
  /** By what their settings say: systems with the same settings share a check. */
  readonly #checks = new Map<string, SemanticCheck>();

  constructor({ modelsPath, modelTimeoutMs, verifier, now }: SemanticParts) {
    this.#verifier = verifier;
    this.#model = openSentenceModel(modelsPath, modelTimeoutMs);
    this.#ranker = new ToolRanker(this.#model);
    this.#cache = new VerdictCache(now);
  }

  of(settings: SemanticSettings): SemanticCheck {
    const { strategy = 'embeddings', cacheTtlSeconds } = settings;
    const key = { strategy, threshold: settings.threshold ?? null, margin: settings.margin ?? null };
    const name = canonicalJson({ ...key, cacheTtlSeconds });
    const known = this.#checks.get(name);
    if (known !== undefined) return known;
    const check = this.#cache.over(this.#open(strategy, settings), { ttlSeconds: cacheTtlSeconds, key });
    if (this.#checks.size >= checksMax) this.#checks.clear();
    this.#checks.set(name, check);
    return check;
  }

  /** Loads and learns ahead what a MAS with these settings and tools will need; throws where it cannot be had. */
  async warm({ strategy }: SemanticSettings, tools: readonly ToolDefinition[]): Promise<void> {
    if (strategy !== 'llm_verifier') await this.#ranker.warm(tools);
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  #open(strategy: NonNullable<SemanticSettings['strategy']>, settings: SemanticSettings): SemanticCheck {
    switch (strategy) {
      case 'embeddings':
        return embeddingsCheck(this.#ranker, bounds(settings, embeddingBounds));
      case 'llm_verifier':
        return this.#openVerifier(bounds(settings, verifierBounds));
      case 'hybrid':
        // The settings are the verifier's: the sentence model's scores mean something else.
        return hybridCheck(
          embeddingsCheck(this.#ranker, embeddingBounds),
          this.#openVerifier(bounds(settings, verifierBounds)),
        );
      default:
        return unreachable(strategy);
    }
  }

  #openVerifier(judged: ScoreBounds): SemanticCheck {
    if (this.#verifier !== null) return llmVerifierCheck(this.#verifier, judged);
    // INVARIANT (deny by default): a verifier that is not configured has no verdict.
    return { verdict: async () => ({ outcome: 'failed', score: null, strategy: 'llm_verifier' }) };
  }
}

function bounds({ threshold, margin }: SemanticSettings, byDefault: ScoreBounds): ScoreBounds {
  return { threshold: threshold ?? byDefault.threshold, margin: margin ?? byDefault.margin };
}
