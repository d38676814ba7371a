import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { denial } from '../../policies/contract.ts';
import { openStore } from '../store/open_store.ts';
import type { Store } from '../store/store.ts';
import { callsKeptMax, Tally } from './tally.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ kind: 'memory' }, 0);
});
beforeEach(() => store.query('delete from events'));
afterAll(() => store.close());

const ok = { allow: true, reason: 'ok', checks: [], grant: { tools: [], scope: [] }, audit_only: false, policies: [] };
const no = denial('session_revoked', 'SESSION', 'it ended');

function event(decisionId: string, phase: string, decision: unknown, mas = 'm') {
  const at = '2026-01-01T00:00:00.000Z';
  const callee = { kind: 'app', app: 'tools', host: 'tools', port: 1 };
  const names = { caller: 'agent', tool: 'tools/t', session_id: 's' };
  return { mas, at, kind: 'tool_call', decision_id: decisionId, phase, decision, callee, ...names };
}

async function storeEvents(events: readonly { readonly mas: string; readonly at: string }[]): Promise<void> {
  for (let start = 0; start < events.length; start += 500) {
    const batch = events.slice(start, start + 500);
    await store.query(
      `insert into events (event_id, mas, kind, at, body)
       select gen_random_uuid()::text, mas, 'tool_call', '', body from unnest($1::text[], $2::text[]) as row (mas, body)`,
      [batch.map(({ mas }) => mas), batch.map((row) => JSON.stringify(row))],
    );
  }
}

test('a call that is let out and then not in is blocked, and counted once, whenever the second event comes', async () => {
  const tally = new Tally(store);
  await storeEvents([event('d', 'outbound', ok)]);
  await tally.catchUp();
  expect(tally.system('m')).toEqual({ allowed: 1, blocked: 0, would_block: 0 });
  await storeEvents([event('d', 'inbound', no)]);
  await tally.catchUp();
  expect(tally.system('m')).toEqual({ allowed: 0, blocked: 1, would_block: 0 });
  expect([...tally.reasons]).toEqual([['session_revoked', 1]]);
  expect(tally.session('s')).toMatchObject({ calls: { blocked: 1 }, reasons: ['session_revoked'] });
});

test('what Audit let through is neither allowed nor blocked', async () => {
  const tally = new Tally(store);
  await storeEvents([event('d', 'outbound', { ...ok, reason: 'tool_unknown', audit_only: true })]);
  await tally.catchUp();
  expect(tally.system('m')).toEqual({ allowed: 0, blocked: 0, would_block: 1 });
});

test('another system cannot meddle with a call by its decision id', async () => {
  const tally = new Tally(store);
  await storeEvents([event('d', 'outbound', ok), event('d', 'outbound', no, 'other')]);
  await tally.catchUp();
  expect([tally.call('m', 'd')?.verdict, tally.call('other', 'd')?.verdict]).toEqual(['allowed', 'blocked']);
});

test('asked by many at once it counts every event once', async () => {
  const tally = new Tally(store);
  await storeEvents(Array.from({ length: 1200 }, (_, index) => event(`d${index}`, 'outbound', ok)));
  await Promise.all(Array.from({ length: 5 }, () => tally.catchUp()));
  expect(tally.system('m').allowed).toBe(1200);
});

test('it keeps a bounded number of calls, and all of the counts', async () => {
  const tally = new Tally(store);
  await storeEvents(Array.from({ length: callsKeptMax + 100 }, (_, index) => event(`d${index}`, 'outbound', ok)));
  await tally.catchUp();
  expect(tally.call('m', 'd0')).toBeUndefined();
  expect(tally.system('m').allowed).toBe(callsKeptMax + 100);
});
