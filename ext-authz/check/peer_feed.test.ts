import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';
import { PeerFeed } from './peer_feed.ts';

const agent = { address: '10.0.0.2', mas: 'demo.bank', app: 'agent', namespace: 'demo', workload: 'agent' };

/** A feed whose runtime gives these answers, one after the other, and then none; and its clock. */
async function follow(...answers: readonly (object | number)[]) {
  const clock = { ms: 0 };
  const waiting = [...answers];
  const asked: string[] = [];
  const get: RuntimeClient['get'] = async (path, _headers, signal) => {
    asked.push(path);
    const answer = waiting.shift();
    if (answer === undefined) await sleep(60_000, undefined, { signal });
    return typeof answer === 'number' ? new Response(null, { status: answer }) : Response.json(answer);
  };
  // Of the runtime's client the feed has this one need.
  const feed = new PeerFeed({ get } as RuntimeClient, 'demo.bank', () => clock.ms);
  const stop = new AbortController();
  const followed = feed.follow(stop.signal);
  while (asked.length <= answers.length) await sleep(5);
  stop.abort();
  await followed;
  return { feed, clock, asked };
}

test('an address is a workload, or known to be none', async () => {
  const { feed, asked } = await follow({ version: 'a', peers: [agent] }, { version: 'a', peers: null });
  expect(feed.find('10.0.0.2')).toMatchObject({ mas: 'demo.bank', app: 'agent' });
  expect(feed.find('10.0.0.3')).toBeNull();
  expect(asked).toEqual(['', 'a', 'a'].map((known) => `/peers/demo.bank?known=${known}`));
});

test('30 s after the last word of the runtime nobody is known to be none', async () => {
  const { feed, clock } = await follow({ version: 'a', peers: [agent] });
  clock.ms = 30_000;
  expect(feed.find('10.0.0.3')).toBeNull();
  clock.ms = 30_001;
  expect([feed.find('10.0.0.3'), feed.find('10.0.0.2')]).toEqual(['unreadable', 'unreadable']);
});

test.each([
  ['a runtime that does not know them', 503],
  ['what is no feed', { peers: [agent] }],
  ['a list that is none', { version: 'a', peers: [{ mas: 'demo.bank' }] }],
  ['nothing new of what was never told', { version: 'a', peers: null }],
])('%s says of nobody that it is none', async (_name, answer) => {
  const { feed } = await follow(answer);
  expect(feed.find('10.0.0.3')).toBe('unreadable');
});
