/** How close a tool is to the user's words in meaning, among the tools that were offered. */

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

export class ToolRanker {
  readonly #model: SentenceModel;
  readonly #vectors = new Map<string, Float32Array>();

  constructor(model: SentenceModel) {
    this.#model = model;
  }

  async rank({ words, tool, offered }: SemanticQuestion): Promise<ToolRank> {
    const own = toolText(tool);
    const others = offered.filter(({ server, name }) => server !== tool.server || name !== tool.name);
    const texts = [own, ...others.slice(0, offeredMax).map(toolText)];
    const [asked, ...tools] = await this.#embed(words, texts);
    const [similarity = Number.NaN, ...rest] = tools.map((vector) => cosine(asked, vector));
    return { rank: 1 + rest.filter((other) => !(other < similarity)).length, similarity };
  }

  async #embed(words: string, texts: readonly string[]): Promise<readonly Float32Array[]> {
    const missing = [...new Set(texts)].filter((text) => !this.#vectors.has(text));
    const [asked, ...found] = await this.#model.embed([words, ...missing]);
    const fresh = new Map(missing.map((text, index) => [text, found[index] ?? new Float32Array()]));
    const vectors = texts.map((text) => this.#vectors.get(text) ?? fresh.get(text) ?? new Float32Array());
    if (this.#vectors.size + fresh.size > toolVectorsMax) this.#vectors.clear();
    for (const [text, vector] of fresh) this.#vectors.set(text, vector);
    return [asked ?? new Float32Array(), ...vectors];
  }
}

const descriptionCharsMax = 400;

function toolText({ name, description }: ToolDefinition): string {
  return `${nameWords(name).join(' ')}: ${description.slice(0, descriptionCharsMax)}`;
}

/** NaN for vectors that are empty, of different length, or hold what is no number. */
function cosine(a: Float32Array | undefined, b: Float32Array): number {
  if (a === undefined || a.length === 0 || a.length !== b.length) return Number.NaN;
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}
