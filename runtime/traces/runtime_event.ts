/** The members that every event of the runtime's own has. */
import type { World } from '../parts.ts';

interface EventStart {
  readonly event_id: string;
  readonly mas: string;
  readonly session_id: string | null;
  readonly at: string;
  readonly trace_id: string | null;
  readonly token_hash: string | null;
}

/** What the event belongs to; null for what belongs to no session. */
export interface EventPlace {
  readonly sessionId: string | null;
  readonly traceId: string;
  readonly tokenHash: string | null;
}

export function runtimeEvent(world: World, mas: string, place: EventPlace | null): EventStart {
  return {
    event_id: world.uuid(),
    mas,
    session_id: place?.sessionId ?? null,
    at: new Date(world.now()).toISOString(),
    trace_id: place?.traceId ?? null,
    token_hash: place?.tokenHash ?? null,
  };
}
