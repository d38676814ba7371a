import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installModel, installTimeoutMs, testTimeoutMs } from '../testing/install_model.ts';
import { ask, library, tool } from '../testing/questions.ts';
import { ToolRanker } from './rank_tool.ts';
import { modelName, openSentenceModel, type SentenceModel } from './sentence_model.ts';

let models: string;
let model: SentenceModel;

beforeAll(async () => {
  models = await installModel();
  model = openSentenceModel(models, testTimeoutMs);
  await model.warm();
}, installTimeoutMs);
afterAll(() => model.close());

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined) return Number.NaN;
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}

describe('the sentence model', () => {
  it('puts sentences of one meaning closer together than others', async () => {
    const [a, b, c] = await model.embed(['cancel my booking', 'I want to call off the reservation', 'how tall is K2']);
    expect(cosine(a, a)).toBeCloseTo(1, 3);
    expect(cosine(a, b)).toBeGreaterThan(cosine(a, c) + 0.3);
  });

  it('gives one vector a text for texts of every kind, and the same for the same', async () => {
    const texts = ['', ' ', 'x'.repeat(50_000), '\u0000\uD800', '我的余额', 'a', 'a'];
    const vectors = await model.embed(texts);
    expect(vectors.map(({ length }) => length)).toEqual(texts.map(() => 384));
    expect(vectors.at(-1)).toEqual(vectors.at(-2));
  });

  it('answers questions that are asked side by side', async () => {
    const answers = await Promise.all(['one', 'two', 'three'].map((text) => model.embed([text])));
    expect(answers.map(([vector]) => vector)).toEqual(await model.embed(['one', 'two', 'three']));
  });

  it('is away where its files are not, and is fetched from nowhere', async () => {
    const empty = openSentenceModel(join(tmpdir(), 'casa-no-models'), testTimeoutMs);
    await expect(empty.embed(['x'])).rejects.toMatchObject({ code: 'tool_missing' });
    const folder = mkdtempSync(join(tmpdir(), 'casa-models-'));
    try {
      cpSync(join(models, modelName, 'config.json'), join(folder, modelName, 'config.json'));
      const partial = openSentenceModel(folder, testTimeoutMs);
      await expect(partial.embed(['x'])).rejects.toMatchObject({ code: 'semantic_check_failed' });
      await partial.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('fails who waits when it is closed, and starts again when it is asked again', async () => {
    const closing = openSentenceModel(models, testTimeoutMs);
    const waiting = closing.embed(['x']);
    await closing.close();
    await expect(waiting).rejects.toMatchObject({ code: 'semantic_check_failed' });
    await closing.warm();
    expect(await closing.embed(['x'])).toHaveLength(1);
    await closing.close();
  });
});

describe('the rank of a tool', () => {
  it('is among the first for what the words are about, and not for anything else', async () => {
    const ranker = new ToolRanker(model);
    const { rank, similarity } = await ranker.rank(ask('books by Jane Austen', 'search_books'));
    expect(rank).toBeLessThanOrEqual(3);
    expect(similarity).toBeGreaterThan(0.3);
    expect((await ranker.rank(ask('books by Jane Austen', 'pay_fee'))).rank).toBeGreaterThan(3);
  });

  it('is the last and no number where the model gives no numbers', async () => {
    const broken: SentenceModel = {
      embed: async (texts) => texts.map(() => new Float32Array([Number.NaN])),
      timeoutMs: testTimeoutMs,
      warm: async () => undefined,
      close: async () => undefined,
    };
    expect(await new ToolRanker(broken).rank(ask('books', 'pay_fee'))).toEqual({
      rank: library.length,
      similarity: Number.NaN,
    });
  });

  it('is known of many tools after as many questions as it takes, each within its time', async () => {
    const slow: SentenceModel = {
      timeoutMs: 100,
      embed: async (texts) => {
        await setTimeout(40);
        return texts.map(() => new Float32Array([1]));
      },
      warm: async () => undefined,
      close: async () => undefined,
    };
    const offered = Array.from({ length: 60 }, (_, index) => tool(`get_book_${index}`));
    const question = { ...ask('books', 'pay_fee'), offered };
    const ranker = new ToolRanker(slow);
    await expect(ranker.rank(question)).rejects.toMatchObject({ code: 'semantic_check_failed' });
    await ranker.rank(question).catch(() => undefined);
    await ranker.rank(question).catch(() => undefined);
    expect(await ranker.rank(question)).toEqual({ rank: 61, similarity: 1 });
    const warmed = new ToolRanker(slow);
    await warmed.warm([...offered, question.tool]);
    expect(await warmed.rank(question)).toEqual({ rank: 61, similarity: 1 });
  });
});
