import { expect, it } from 'vitest';
import type { SemanticFacts } from '../../policies/contract.ts';
import type { SemanticCheck } from './semantic_check.ts';
import { ask } from './testing/questions.ts';
import { VerdictCache, verdictsMax } from './verdict_cache.ts';

interface Counted extends SemanticCheck {
  asked: number;
}

function counted(outcome: SemanticFacts['outcome'] = 'match'): Counted {
  const check: Counted = {
    asked: 0,
    async verdict() {
      check.asked += 1;
      return { outcome, score: null, strategy: 'embeddings' };
    },
  };
  return check;
}

const settings = { ttlSeconds: 60, key: { strategy: 'embeddings' } };
const question = ask('Renew my loan', 'renew_loan', { loan: 1, weeks: 2 });

it('a question is asked once until its time is over', async () => {
  let now = 0;
  const check = counted();
  const cached = new VerdictCache(() => now).over(check, settings);
  const [first] = await Promise.all([cached.verdict(question), cached.verdict(question)]);
  now = 59_999;
  expect(await cached.verdict({ ...question, arguments: { weeks: 2, loan: 1 } })).toBe(first);
  expect(check.asked).toBe(1);
  now = 60_000;
  await cached.verdict(question);
  expect(check.asked).toBe(2);
});

it('another question is another, whatever it differs in', async () => {
  const check = counted();
  const cache = new VerdictCache(() => 0);
  const cached = cache.over(check, settings);
  const others = [
    question,
    { ...question, words: 'Renew my loans' },
    { ...question, earlier: ['yes'] },
    { ...question, arguments: { loan: 2, weeks: 2 } },
    { ...question, tool: { ...question.tool, description: 'another' } },
    { ...question, offered: question.offered.slice(1) },
  ];
  for (const other of others) await cached.verdict(other);
  await cache.over(check, { ...settings, key: { strategy: 'embeddings', threshold: 0.9 } }).verdict(question);
  expect(check.asked).toBe(others.length + 1);
});

it('a failure is not remembered', async () => {
  const check = counted('failed');
  const cache = new VerdictCache(() => 0);
  const cached = cache.over(check, settings);
  await cached.verdict(question);
  await cached.verdict(question);
  expect([check.asked, cache.size]).toEqual([2, 0]);
});

it('nothing is remembered for no time', async () => {
  const check = counted();
  const cache = new VerdictCache(() => 0);
  const cached = cache.over(check, { ...settings, ttlSeconds: 0 });
  await cached.verdict(question);
  await cached.verdict(question);
  expect([check.asked, cache.size]).toEqual([2, 0]);
});

it('the verdict that was not used for longest makes room', async () => {
  const check = counted();
  const cache = new VerdictCache(() => 0);
  const cached = cache.over(check, settings);
  const small = { ...question, offered: [] };
  for (let n = 0; n < verdictsMax; n += 1) await cached.verdict({ ...small, arguments: { n } });
  await cached.verdict({ ...small, arguments: { n: 0 } });
  await cached.verdict({ ...small, arguments: { n: verdictsMax } });
  expect([check.asked, cache.size]).toEqual([verdictsMax + 1, verdictsMax]);
  await cached.verdict({ ...small, arguments: { n: 0 } });
  expect(check.asked).toBe(verdictsMax + 1);
});
