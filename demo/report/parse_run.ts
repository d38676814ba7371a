import type { Check, Conversation, Flow, LedgerRow, SocketAttempt, ToolCall, TraceEvent } from './run.ts';

type Fields = { readonly [name: string]: unknown };

/** The values of an NDJSON text; a last line that is still being written is left out. */
export function parseLines(text: string): readonly unknown[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** A line of the client's file. */
export function parseConversation(value: unknown): Conversation {
  const line = fields(value);
  return {
    agent: text(line.agent),
    case: text(line.case),
    prompt: text(line.prompt),
    status: number(line.status),
    toolCalls: list(fields(line.body).toolCalls).map(parseToolCall),
    sockets: list(fields(line.body).sockets).map(parseSocket),
  };
}

/** A line of the bank's ledger. */
export function parseLedgerRow(value: unknown): LedgerRow {
  const row = fields(value);
  return { tool: text(row.tool), arguments: row.arguments, requestId: textOrNull(row.request_id) };
}

/** The decision ids in a line of an Envoy's access log. */
export function parseLogged(value: unknown): readonly string[] {
  const { decision_id: decisionId, request_id: requestId } = fields(value);
  return [decisionId, requestId].filter((id) => typeof id === 'string');
}

/** An event of the trace, or null when the report has no use for it. */
export function parseTraceEvent(value: unknown): TraceEvent | null {
  const event = fields(value);
  if (event.kind === 'session_started') {
    const sessionId = text(event.session_id);
    return { kind: 'session', sessionId, entry: text(event.entry), userInput: text(event.user_input) };
  }
  if (event.kind === 'flow') return parseFlow(event);
  const exchange = event.kind === 'token_exchanged';
  if ((!exchange && event.kind !== 'tool_call') || typeof event.tool !== 'string') return null;
  const decision = fields(event.decision);
  return {
    kind: 'decision',
    exchange,
    decisionId: text(event.decision_id),
    sessionId: textOrNull(event.session_id),
    tokenHash: textOrNull(event.token_hash),
    tool: event.tool,
    arguments: event.arguments ?? null,
    allow: decision.allow === true,
    reason: text(decision.reason),
    checks: list(decision.checks).map(parseCheck),
  };
}

function parseFlow(event: Fields): Flow {
  return {
    kind: 'flow',
    eventId: text(event.event_id),
    app: text(event.app),
    proto: text(event.proto),
    destination: text(event.destination),
    port: number(event.port),
    verdict: text(event.verdict),
    sessionId: textOrNull(event.session_id),
    tokenHash: textOrNull(event.token_hash),
  };
}

function parseSocket(value: unknown): SocketAttempt {
  const { proto, host, address, port, outcome } = fields(value);
  return { proto: text(proto), host: text(host), address: text(address), port: number(port), outcome: text(outcome) };
}

function parseToolCall(value: unknown): ToolCall {
  const call = fields(value);
  return {
    tool: text(call.tool),
    arguments: call.arguments,
    ok: call.ok === true,
    latencyMs: number(call.latencyMs),
    decisionId: textOrNull(fields(fields(call.error).data).decision_id),
  };
}

function parseCheck(value: unknown): Check {
  const { check, outcome, reason } = fields(value);
  return { check: text(check), outcome: text(outcome), reason: text(reason) };
}

function fields(value: unknown): Fields {
  // any object can be read by name; what is found stays unknown
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
