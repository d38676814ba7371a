/** Events as an enforcement point sends them: of its own MAS and app, bounded, of the kinds that it sees itself. */
import type { TraceEvent } from '../../policies/trace.ts';
import { eventsPerRequestMax } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';

export const eventBytesMax = 256 * 1024;
/** Printable, so that no id can break a statement that stores those of others as well. */
const id = /^[\x21-\x7e]{1,128}$/;
/** RFC 3339 */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Where the app that speaks stands in each kind; kinds that are not here are the runtime's own. */
const speakers: { readonly [kind: string]: readonly string[] } = {
  llm_call_started: ['app'],
  llm_call_ended: ['app'],
  agent_call: ['caller', 'callee'],
  tool_call: ['caller', 'callee'],
  flow: ['app'],
};

/** The events, or what is wrong with the first bad one. */
export function parseEvents(body: unknown, client: Client): readonly TraceEvent[] | string {
  const events = isObject(body) ? body.events : undefined;
  if (!Array.isArray(events) || events.length > eventsPerRequestMax) {
    return `\`events\` must be a list of at most ${eventsPerRequestMax}`;
  }
  for (const [index, event] of events.entries()) {
    const problem = eventProblem(event, client);
    if (problem !== null) return `\`events[${index}]\` ${problem}`;
  }
  return events as readonly TraceEvent[]; // what the runtime relies on was looked at; the rest is shown as it came
}

function eventProblem(event: unknown, client: Client): string | null {
  if (!isObject(event)) return 'is no object';
  const { event_id, mas, session_id, at, kind, token_hash } = event;
  if (!isId(event_id)) return 'has no `event_id`';
  if (mas !== client.mas) return 'is of another system';
  if (session_id !== null && !isId(session_id)) return 'has no `session_id`';
  if (!isText(at) || !time.test(at)) return 'has no time `at`';
  if (token_hash !== null && !(isText(token_hash) && /^[0-9a-f]{64}$/.test(token_hash))) return 'has no `token_hash`';
  if (kind === 'flow' && !isBearer(event.bearer ?? null)) return 'has no `bearer`';
  const places = isText(kind) && Object.hasOwn(speakers, kind) ? (speakers[kind] ?? []) : [];
  if (!places.some((place) => appAt(event[place]) === client.app)) return 'is not for this enforcement point to report';
  return JSON.stringify(event).length > eventBytesMax ? 'is too large' : null;
}

function isBearer(value: unknown): boolean {
  return value === null || (isObject(value) && isText(value.keyed_hash) && /^[0-9a-f]{16}$/.test(value.keyed_hash));
}

/** `caller` and `app` are names, `callee` is an object with one. */
function appAt(value: unknown): unknown {
  return isObject(value) ? value.app : value;
}

function isId(value: unknown): value is string {
  return isText(value) && id.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
