/** Removes what has run out: nothing here is read any more. Sessions and events stay. */
import { type Parts, seconds } from '../parts.ts';
import type { Queries } from './store.ts';

export const pruneEveryMs = 60_000;
/** Expired rows are kept this long for clocks that differ. */
const graceSeconds = 600;

export async function pruneExpired(queries: Queries, nowMs: number): Promise<void> {
  const before = seconds(nowMs) - graceSeconds;
  await queries.query('delete from assertions_seen where exp < $1', [before]);
  await queries.query('delete from exchanged_calls where at < $1', [before * 1000]);
  await queries.query('delete from token_grants where exp < $1', [before]);
}

/** Prunes now and then until the function it gives is called. */
export function pruneEvery(parts: Parts, failed: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    pruneExpired(parts.store, parts.world.now()).catch(failed);
  }, pruneEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
