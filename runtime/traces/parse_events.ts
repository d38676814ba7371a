/** Events as an enforcement point sends them: of its own MAS and app, bounded, of the kinds that it sees itself. */
import type { TraceEvent } from '../../policies/trace.ts';
import { eventsPerRequestMax } from '../../policies/wire.ts';
import type { Client } from '../clients/client_assertion.ts';

export const eventBytesMax = 256 * 1024;
const idLengthMax = 128;

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
  if (!isText(event_id) || event_id.length > idLengthMax) return 'has no `event_id`';
  if (mas !== client.mas) return 'is of another system';
  if (session_id !== null && !(isText(session_id) && session_id.length <= idLengthMax)) return 'has no `session_id`';
  if (!isText(at) || Number.isNaN(Date.parse(at))) return 'has no time `at`';
  if (token_hash !== null && !(isText(token_hash) && /^[0-9a-f]{64}$/.test(token_hash))) return 'has no `token_hash`';
  const places = isText(kind) && Object.hasOwn(speakers, kind) ? (speakers[kind] ?? []) : [];
  if (!places.some((place) => appAt(event[place]) === client.app)) return 'is not for this enforcement point to report';
  return JSON.stringify(event).length > eventBytesMax ? 'is too large' : null;
}

/** `caller` and `app` are names, `callee` is an object with one. */
function appAt(value: unknown): unknown {
  return isObject(value) ? value.app : value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
