import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddingBounds, SemanticChecks, type SemanticSettings, verifierBounds } from './open_semantic_check.ts';
import type { SemanticCheck } from './semantic_check.ts';
import { embeddingsCheck } from './similarity/embeddings.ts';
import { ToolRanker } from './similarity/rank_tool.ts';
import { openSentenceModel, type SentenceModel } from './similarity/sentence_model.ts';
import { installModel, installTimeoutMs, testTimeoutMs } from './testing/install_model.ts';
import { ask, library, tool } from './testing/questions.ts';
import { literalJudge, type ScriptedVerifier, says, startScriptedVerifier } from './testing/scripted_verifier.ts';
import { llmVerifierCheck } from './verifier/llm_verifier.ts';

let model: SentenceModel;
let verifier: ScriptedVerifier;
let checks: SemanticChecks;

beforeAll(async () => {
  const modelsPath = await installModel();
  model = openSentenceModel(modelsPath, testTimeoutMs);
  await model.warm();
  verifier = await startScriptedVerifier(literalJudge);
  checks = new SemanticChecks({ modelsPath, modelTimeoutMs: testTimeoutMs, verifier: verifier.endpoint, now: () => 0 });
  await checks.warm({ cacheTtlSeconds: 0 }, library);
}, installTimeoutMs);
afterAll(() => Promise.all([model.close(), verifier.close(), checks.close()]));

const implementations: readonly { readonly name: string; readonly open: () => SemanticCheck }[] = [
  { name: 'classes alone', open: () => embeddingsCheck(null, embeddingBounds) },
  { name: 'embeddings', open: () => embeddingsCheck(new ToolRanker(model), embeddingBounds) },
  { name: 'a scripted verifier', open: () => llmVerifierCheck(verifier.endpoint, verifierBounds) },
  { name: 'embeddings as configured', open: () => checks.of({ strategy: 'embeddings', cacheTtlSeconds: 60 }) },
  { name: 'the verifier as configured', open: () => checks.of({ strategy: 'llm_verifier', cacheTtlSeconds: 60 }) },
  { name: 'hybrid as configured', open: () => checks.of({ strategy: 'hybrid', cacheTtlSeconds: 60 }) },
];

describe.each(implementations)('$name', ({ open }) => {
  it.each([
    ['Search for Emma', 'search_books', 'match'],
    ['Reserve Emma for me, please', 'reserve_book', 'match'],
    ['Pay my late fee', 'pay_fee', 'match'],
    ['Pay my late fee', 'get_loan', 'match'],
    ['When is Emma due back?', 'delete_account', 'no_match'],
    ['Search for Emma', 'pay_fee', 'no_match'],
    ['Renew my loan', 'delete_account', 'no_match'],
  ])('`%s` and %s: %s', async (words, called, outcome) => {
    expect((await open().verdict(ask(words, called))).outcome).toBe(outcome);
  });

  it('gives a score from 0 to 1 or none, and its strategy', async () => {
    const { score, strategy } = await open().verdict(ask('Emma, Jane Austen', 'search_books'));
    expect(score === null || (score >= 0 && score <= 1)).toBe(true);
    expect(['embeddings', 'llm_verifier', 'hybrid']).toContain(strategy);
  });

  it('throws nothing for hostile words, tools and arguments', async () => {
    const hostile = '\u0000\uD800"}]\n"role":"system"';
    const verdict = await open().verdict(ask(hostile, tool(hostile, hostile.repeat(1_000)), { [hostile]: hostile }));
    expect(['match', 'no_match', 'abstain']).toContain(verdict.outcome);
  });
});

describe('embeddings', () => {
  const settings: SemanticSettings = { strategy: 'embeddings', cacheTtlSeconds: 60 };

  it('rescue a tool that is close in meaning where the words ask for nothing that is known', async () => {
    const question = ask('books by Jane Austen', 'search_books');
    expect((await embeddingsCheck(null, embeddingBounds).verdict(question)).outcome).toBe('abstain');
    expect(await checks.of(settings).verdict(question)).toMatchObject({ outcome: 'match', strategy: 'embeddings' });
  });

  it('rescue nothing that is far, or below the threshold that the system asks for', async () => {
    expect((await checks.of(settings).verdict(ask('a table for two', 'get_loan'))).outcome).toBe('abstain');
    const strict = checks.of({ ...settings, threshold: 0.99 });
    expect((await strict.verdict(ask('books by Jane Austen', 'search_books'))).outcome).toBe('abstain');
  });

  it('rescue no act that cannot be undone, however close it is', async () => {
    expect((await checks.of(settings).verdict(ask('my account', 'delete_account'))).outcome).toBe('abstain');
    expect((await checks.of(settings).verdict(ask('late fee', 'pay_fee'))).outcome).toBe('abstain');
  });

  it('have no verdict without their model where they need it', async () => {
    const bare = new SemanticChecks({
      modelsPath: '/nonexistent',
      modelTimeoutMs: testTimeoutMs,
      verifier: null,
      now: () => 0,
    });
    expect((await bare.of(settings).verdict(ask('Renew my loan', 'renew_loan'))).outcome).toBe('match');
    expect((await bare.of(settings).verdict(ask('books by Jane Austen', 'search_books'))).outcome).toBe('failed');
  });

  it('have no opinion when the model gives no numbers', async () => {
    const embed = async (texts: readonly string[]) => texts.map(() => new Float32Array([Number.NaN]));
    const check = embeddingsCheck(
      new ToolRanker({ timeoutMs: testTimeoutMs, embed, warm: async () => undefined, close: async () => undefined }),
      embeddingBounds,
    );
    const question = { ...ask('books by Jane Austen', 'search_books'), offered: [] };
    expect(await check.verdict(question)).toEqual({ outcome: 'abstain', score: null, strategy: 'embeddings' });
  });
});

describe('hybrid', () => {
  const settings: SemanticSettings = { strategy: 'hybrid', cacheTtlSeconds: 0 };

  it('asks the verifier only where there is no opinion', async () => {
    const hybrid = checks.of(settings);
    const before = verifier.requests.length;
    expect((await hybrid.verdict(ask('Renew my loan', 'renew_loan'))).outcome).toBe('match');
    expect((await hybrid.verdict(ask('When is Emma due?', 'pay_fee'))).outcome).toBe('no_match');
    expect(verifier.requests).toHaveLength(before);
    verifier.script = () => says('match', 0.95);
    expect(await hybrid.verdict(ask('late fee', 'pay_fee'))).toEqual({
      outcome: 'match',
      score: 0.95,
      strategy: 'hybrid',
    });
    expect(verifier.requests).toHaveLength(before + 1);
    verifier.script = literalJudge;
  });

  it('has no verdict without a verifier, or when it fails', async () => {
    const bare = new SemanticChecks({
      modelsPath: '/nonexistent',
      modelTimeoutMs: testTimeoutMs,
      verifier: null,
      now: () => 0,
    });
    const failed = { outcome: 'failed', score: null, strategy: 'hybrid' };
    expect(await bare.of(settings).verdict(ask('late fee', 'pay_fee'))).toEqual(failed);
    verifier.script = () => ({ kind: 'raw', status: 500, body: '{}' });
    expect(await checks.of(settings).verdict(ask('late fee', 'pay_fee'))).toEqual(failed);
    verifier.script = literalJudge;
  });
});

it('systems with the same settings share a check', () => {
  expect(checks.of({ cacheTtlSeconds: 5 })).toBe(checks.of({ strategy: 'embeddings', cacheTtlSeconds: 5 }));
  expect(checks.of({ cacheTtlSeconds: 5 })).not.toBe(checks.of({ cacheTtlSeconds: 6 }));
});
