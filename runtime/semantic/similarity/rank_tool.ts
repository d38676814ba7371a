/** How close a tool is to the user's words in meaning, among the tools that were offered. */

import { CasaError } from '../../../policies/errors.ts';
import { nameWords } from '../classes/split_words.ts';
import type { SemanticQuestion, ToolDefinition } from '../semantic_check.ts';
import type { SentenceModel } from './sentence_model.ts';

export interface ToolRank {
  /** 1 is the closest; equals count against the tool. */
  readonly rank: number;
  /** Cosine, -1 to 1; NaN where the model gave no number. */
  readonly similarity: number;
}

/** Vectors of tools are kept: a system has few, and they never change without their text. */
const toolVectorsMax = 5_000;
/** Offered tools beyond this are not looked at. */
const offeredMax = 1_000;
const toolsAtOnce = 8;

export class ToolRanker {
  readonly #model: SentenceModel;
  readonly #vectors = new Map<string, Float32Array>();

  constructor(model: SentenceModel) {
    this.#model = model;
  }

  async rank({ words, tool, offered }: SemanticQuestion): Promise<ToolRank> {
    const others = offered.filter(({ server, name }) => server !== tool.server || name !== tool.name);
    const compared = [tool, ...others.slice(0, offeredMax)];
    await this.#learn(compared, this.#model.timeoutMs);
    const [asked] = await this.#model.embed([words]);
    const [similarity = Number.NaN, ...rest] = compared.map((other) =>
      cosine(asked, this.#vectors.get(toolText(other))),
    );
    return { rank: 1 + rest.filter((other) => !(other < similarity)).length, similarity };
  }

  /** Learns tools before they are asked about; throws where the model cannot be had. */
  async warm(tools: readonly ToolDefinition[]): Promise<void> {
    await this.#model.warm();
    await this.#learn(tools, Number.POSITIVE_INFINITY);
  }

  /** What was learnt stays when the time is over: the next question goes on from there. */
  async #learn(tools: readonly ToolDefinition[], timeoutMs: number): Promise<void> {
    const missing = [...new Set(tools.map(toolText))].filter((text) => !this.#vectors.has(text));
    if (this.#vectors.size + missing.length > toolVectorsMax) this.#vectors.clear();
    const startedMs = performance.now();
    for (let at = 0; at < missing.length; at += toolsAtOnce) {
      if (performance.now() - startedMs > timeoutMs) {
        throw new CasaError('semantic_check_failed', 'there are too many new tools to compare in time');
      }
      const texts = missing.slice(at, at + toolsAtOnce);
      const vectors = await this.#model.embed(texts);
      for (const [index, text] of texts.entries()) this.#vectors.set(text, vectors[index] ?? new Float32Array());
    }
  }
}

const descriptionCharsMax = 400;

function toolText({ name, description }: ToolDefinition): string {
  return `${nameWords(name).join(' ')}: ${description.slice(0, descriptionCharsMax)}`;
}

/** NaN for vectors that are empty, of different length, or hold what is no number. */
function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined || a.length === 0 || a.length !== b.length) return Number.NaN;
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}
