import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { because, obstacle, type Stack, until } from '../stack.ts';
import { openDesyncStack, type Ready, readyCases, sendShapes } from './desync_run.ts';
import { corpusFolder, readCorpus } from './format/parse_family.ts';
import { judgeAllowed, judgeHostile, judgeLedger } from './judge.ts';
import { renderCounts } from './render_counts.ts';

const skipped = obstacle();
const corpus = readCorpus(corpusFolder);
const isHarmless = (family: string) => family === 'harmless';
const casesMin = 300;
/** Envoy writes its access log every ten seconds. */
const logWithinMs = 15_000;

test(`the corpus has at least ${casesMin} hostile requests, each with a name of its own`, () => {
  const hostile = corpus.filter(({ family }) => !isHarmless(family));
  expect(hostile.length).toBeGreaterThanOrEqual(casesMin);
  expect(new Set(corpus.map(({ id }) => id)).size).toBe(corpus.length);
  for (const { id, family, expect: expected } of corpus) {
    for (const answer of Object.values(expected))
      expect({ id, allowed: answer === 'allowed' }).toEqual({ id, allowed: isHarmless(family) });
  }
});

describe.skipIf(skipped !== null)(`the desync corpus through the real Envoys${because(skipped)}`, () => {
  let stack: Stack;
  let hostile: readonly Ready[];
  let harmless: readonly Ready[];
  const startedAt = performance.now();
  beforeAll(async () => {
    stack = await openDesyncStack();
    const ready = [...(await readyCases(stack, corpus, 'agent')), ...(await readyCases(stack, corpus, 'server'))];
    hostile = ready.filter(({ desync }) => !isHarmless(desync.family));
    harmless = ready.filter(({ desync }) => isHarmless(desync.family));
  }, 120_000);
  afterAll(() => stack?.close());

  test('every hostile request is refused as expected, and every twin of it is executed', async () => {
    const answers = await sendShapes(stack, hostile, ({ hostile }) => hostile);
    const problems = answers.map((answer, index) => {
      const { desync, place } = hostile[index] as Ready; // an answer a request, in their order
      return judgeHostile(answer, desync.expect[place] ?? '');
    });
    const executed = judgeLedger(stack.ledger(), []);
    const twins = await sendShapes(stack, hostile, ({ twin }) => twin);
    const twinProblems = twins.map(judgeAllowed);
    console.log(renderCounts(hostile, problems, twinProblems, performance.now() - startedAt));
    const subjects = hostile.map(({ subject }) => subject);
    expect({
      problems: problems.filter((problem) => problem !== null),
      executed,
      twins: twinProblems.filter((problem) => problem !== null),
      books: judgeLedger(stack.ledger(), subjects),
    }).toEqual({ problems: [], executed: [], twins: [], books: [] });
  }, 120_000);

  test('what is odd and harmless is executed as the call that CASA decided about', async () => {
    const before = stack.ledger().length;
    const answers = await sendShapes(stack, harmless, ({ hostile }) => hostile);
    console.log(`harmless and allowed: ${answers.filter((answer) => judgeAllowed(answer) === null).length}`);
    expect(answers.map(judgeAllowed).filter((problem) => problem !== null)).toEqual([]);
    expect(
      judgeLedger(
        stack.ledger().slice(before),
        harmless.map(({ subject }) => subject),
      ),
    ).toEqual([]);
  }, 60_000);

  test("the server's Envoy passed nothing on but the twins and what is harmless", async () => {
    const log = stack.state.apps.find(({ name }) => name === 'bank-mcp')?.accessLog ?? '';
    const allowed = hostile.length + harmless.length;
    const passedOn = () => readFileSync(log, 'utf8').split('\n').filter(isPassedOn);
    await until('the access log has the twins', () => passedOn().length >= allowed, logWithinMs);
    expect(passedOn().filter((line) => JSON.parse(line).code !== 200)).toEqual([]);
    expect(passedOn().length).toBe(allowed);
  }, 30_000);
});

/** A whole line of a request that reached the server. */
function isPassedOn(line: string): boolean {
  if (!line.endsWith('}')) return false;
  const { direction, upstream } = JSON.parse(line);
  return direction === 'inbound' && upstream !== null;
}
