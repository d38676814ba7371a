/** Flows as the agent of a node sends them: of the apps that have a pod there, and no other kind of event. */
import type { TraceEvent } from '../../policies/trace.ts';
import { clientId } from '../../policies/wire.ts';
import { parseEvents } from './parse_events.ts';

/** The flows, or what is wrong with the first bad one. `apps` are client ids. */
// INVARIANT (deny by default): an agent tells what the kernel saw, and starts, selects and decides nothing.
export function parseNodeFlows(body: unknown, apps: ReadonlySet<string>): readonly TraceEvent[] | string {
  const { events }: { events?: unknown } = Object(body);
  const first: unknown = Array.isArray(events) ? events[0] : undefined;
  const { mas, app }: { mas?: unknown; app?: unknown } = Object(first);
  const id = clientId(String(mas), String(app));
  if (!apps.has(id)) return '`events[0]` is of no app of this node';
  const parsed = parseEvents(body, { clientId: id, mas: String(mas), app: String(app) });
  if (typeof parsed === 'string') return parsed;
  const other = parsed.findIndex(({ kind }) => kind !== 'flow');
  return other === -1 ? parsed : `\`events[${other}]\` is no flow`;
}
