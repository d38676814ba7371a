import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CasaError } from '../../policies/errors.ts';
import type { TraceEvent } from '../../policies/trace.ts';
import { openStore } from '../store/open_store.ts';
import type { Store } from '../store/store.ts';
import { EventQueue, eventsQueuedMax } from './event_queue.ts';
import { redactTokens } from './redact_tokens.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ kind: 'memory' }, 0);
});
afterAll(() => store.close());

function event(id: string): TraceEvent {
  const base = { mas: 'm', session_id: null, at: '2026-01-01T00:00:00.000Z', trace_id: null, token_hash: null };
  return { ...base, event_id: id, kind: 'policy_changed', revision: null };
}

describe('the event queue', () => {
  it('acknowledges what is stored, in order and in batches', async () => {
    const queue = new EventQueue(store);
    await queue.store(Array.from({ length: 250 }, (_, index) => event(`e${index}`)));
    const rows = await store.query<{ event_id: string }>('select event_id from events order by sequence');
    expect(rows.map((row) => row.event_id)).toEqual(Array.from({ length: 250 }, (_, index) => `e${index}`));
    expect(queue.counts).toEqual({ stored: 250, dropped: 0, queued: 0 });
  });

  it('acknowledges nothing at all at once, also while others wait', async () => {
    const queue = new EventQueue(store);
    const other = queue.store([event('beside')]);
    await queue.store([]);
    await other;
    await queue.store([]);
  });

  it('has stored everything that was recorded when it is flushed', async () => {
    const queue = new EventQueue(store);
    for (let index = 0; index < 30; index += 1) queue.record(event(`flushed${index}`));
    await queue.flush();
    const [row] = await store.query<{ n: number }>("select count(*) as n from events where event_id like 'flushed%'");
    expect(row?.n).toBe(30);
  });

  it('that is full refuses more, and says how many it dropped', async () => {
    const stuck: Store = { ...store, transaction: () => new Promise(() => undefined) };
    const queue = new EventQueue(stuck);
    queue.store(Array.from({ length: eventsQueuedMax }, (_, index) => event(`x${index}`))).catch(() => undefined);
    await expect(queue.store([event('one more')])).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(queue.counts.dropped).toBe(1);
  });

  it('acknowledges nothing while the store is away, and goes on when it is back', async () => {
    let away = true;
    const unsteady: Store = {
      ...store,
      transaction: (body) =>
        away ? Promise.reject(new CasaError('store_unavailable', 'away')) : store.transaction(body),
    };
    const queue = new EventQueue(unsteady);
    await expect(queue.store([event('lost')])).rejects.toMatchObject({ code: 'store_unavailable' });
    away = false;
    await queue.store([event('kept')]);
    expect(queue.counts).toEqual({ stored: 1, dropped: 1, queued: 0 });
  });
});

describe('redaction', () => {
  it('replaces every token by its hash, and nothing else', () => {
    const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZWxsZXIifQ.c2lnbmF0dXJlLW9mLWl0';
    expect(redactTokens(`a ${token} b`)).toMatch(/^a \[token [0-9a-f]{64}\] b$/);
    expect(redactTokens('eyes.eyes.eyes')).toBe('eyes.eyes.eyes');
  });
});
