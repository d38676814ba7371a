import { expect, test } from 'vitest';
import type { RuntimeAnswer } from '../runtime_access.ts';
import { TokenKeyFeed } from './token_key_feed.ts';

const teller = { mas: 'bank.shop', app: 'teller' };
const key = '000102030405060708090a0b0c0d0e0f';

test('a key is asked for until it comes, then now and then, and what is no key is none', async () => {
  const answers: (RuntimeAnswer | null)[] = [
    null,
    { status: 401, text: JSON.stringify({ key }) },
    { status: 200, text: JSON.stringify({ key: `${key}00` }) },
    { status: 200, text: 'no JSON' },
    { status: 200, text: JSON.stringify({ key }) },
    { status: 200, text: JSON.stringify({ key: key.replaceAll('0', 'f') }) },
  ];
  const keys: string[] = [];
  let nowMs = 0;
  const access = async () => {
    const answer = answers.shift() ?? null;
    if (answer === null) throw new Error('away');
    return answer;
  };
  const feed = new TokenKeyFeed(access, {
    speaker: () => (nowMs === 0 ? null : teller),
    monotonicMs: () => nowMs,
    onKey: (bytes) => keys.push(Buffer.from(bytes).toString('hex')),
  });
  await feed.refresh();
  expect(answers).toHaveLength(6); // nobody to ask for is known yet
  for (nowMs = 1_000; nowMs <= 5_000; nowMs += 1_000) await feed.refresh();
  expect(keys).toEqual([key]);
  nowMs = 20_000;
  await feed.refresh();
  expect(answers).toHaveLength(1);
  nowMs = 40_000;
  await feed.refresh();
  expect(keys).toEqual([key, key.replaceAll('0', 'f')]);
});
