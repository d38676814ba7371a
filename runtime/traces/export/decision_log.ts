/** Events as OPA's decision log (openpolicyagent.org, "Decision Logs"): for whatever reads those already. */
import type { JsonObject } from '../../../policies/contract.ts';
import type { CallDecided, TokenExchanged, TraceEvent } from '../../../policies/trace.ts';

/** The one entrypoint of our bundles. */
const decisionPath = 'casa/decision';

/** One entry for an event that holds a decision about a call, null for any other. */
export function decisionLogEntry(event: TraceEvent): object | null {
  switch (event.kind) {
    case 'tool_call':
    case 'agent_call':
      return entry(event, { app: event.caller, phase: event.phase }, callInput(event));
    case 'token_exchanged':
      return entry(event, { app: event.caller, phase: 'exchange' }, exchangeInput(event));
    case 'llm_call_started':
      return entry(event, { app: event.app, phase: 'outbound' }, { phase: 'outbound', protocol: 'llm' });
    default:
      return null;
  }
}

interface Decided {
  readonly event_id: string;
  readonly mas: string;
  readonly session_id: string | null;
  readonly trace_id: string | null;
  readonly at: string;
  readonly decision_id: string;
  readonly decision: CallDecided['decision'];
}

function entry(
  event: Decided,
  { app, phase }: { readonly app: string | null; readonly phase: string },
  input: object,
): object {
  return {
    labels: { id: event.event_id, mas: event.mas, app: app ?? '', phase },
    decision_id: event.decision_id,
    ...(event.trace_id === null ? {} : { trace_id: event.trace_id }),
    path: decisionPath,
    input: { mas: event.mas, session_id: event.session_id, ...input },
    // As stored: what the bundle answered.
    result: event.decision,
    timestamp: event.at,
  };
}

/** What is kept of the question: facts that were only needed for the answer (tokens, counters) are not stored. */
function callInput({ phase, caller, caller_type, callee, protocol, operation, ...event }: CallDecided): object {
  return {
    phase,
    caller: caller === null ? null : { app: caller, type: caller_type },
    callee: callee,
    protocol,
    operation,
    tool: toolOf(event.tool, event.arguments),
  };
}

function exchangeInput({ caller, callee, tool }: TokenExchanged): object {
  return { phase: 'exchange', caller: { app: caller }, callee: { app: callee }, tool: toolOf(tool, null) };
}

function toolOf(tool: string | null, callArguments: JsonObject | null): object | null {
  if (tool === null) return null;
  const [server = '', ...name] = tool.split('/');
  return { server, name: name.join('/'), ...(callArguments === null ? {} : { arguments: callArguments }) };
}
