/** Events as OpenTelemetry spans, one `TracesData` in OTLP's JSON a line, with the attributes of the GenAI and MCP conventions. */
import { sha256Hex } from '../../../policies/canonical.ts';
import type { Decision, JsonObject } from '../../../policies/contract.ts';
import type { CallDecided, LlmCallEnded, TokenExchanged, TraceEvent } from '../../../policies/trace.ts';

/** opentelemetry.proto.trace.v1.Span.SpanKind */
const spanKind = { internal: 1, server: 2, client: 3 } as const;
/** opentelemetry.proto.trace.v1.Status.StatusCode */
const statusError = 2;

interface SpanFacts {
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly attributes: { readonly [name: string]: string | number | boolean | readonly string[] };
  /** null: nothing was decided. */
  readonly decision: Decision | null;
}

/** The span of a call, an exchange or an LLM's answer, ready to be sent; null for events that are no work of an app. */
export function tracesData(event: TraceEvent): JsonObject | null {
  const facts = spanFacts(event);
  if (facts === null) return null;
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': 'casa', 'service.namespace': event.mas }) },
        scopeSpans: [{ scope: { name: 'casa' }, spans: [span(event, facts)] }],
      },
    ],
  };
}

function span(event: TraceEvent, { name, kind, startMs, decision, ...facts }: SpanFacts): JsonObject {
  const denied = decision !== null && !decision.allow;
  return {
    traceId: event.trace_id ?? sha256Hex(event.event_id).slice(0, 32),
    spanId: sha256Hex(event.event_id).slice(0, 16),
    name,
    kind,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(Date.parse(event.at)),
    attributes: attributes({
      ...facts.attributes,
      'casa.mas': event.mas,
      'casa.event.kind': event.kind,
      ...(event.session_id === null ? {} : { 'casa.session.id': event.session_id }),
      ...(decision === null ? {} : { 'casa.decision.allow': decision.allow, 'casa.decision.reason': decision.reason }),
      ...(denied ? { 'error.type': decision.reason } : {}),
    }),
    status: denied ? { code: statusError, message: decision.reason } : {},
  };
}

function spanFacts(event: TraceEvent): SpanFacts | null {
  switch (event.kind) {
    case 'tool_call':
    case 'agent_call':
      return callFacts(event);
    case 'token_exchanged':
      return exchangeFacts(event);
    case 'llm_call_ended':
      return answerFacts(event);
    default:
      return null;
  }
}

function callFacts(event: CallDecided): SpanFacts {
  const tool = event.tool?.slice(event.tool.indexOf('/') + 1);
  return {
    name: tool === undefined ? event.operation : `${event.operation} ${tool}`,
    kind: event.phase === 'inbound' ? spanKind.server : spanKind.client,
    startMs: Date.parse(event.at) - event.decided_in_ms,
    decision: event.decision,
    attributes: {
      ...(event.protocol === 'mcp' ? { 'mcp.method.name': event.operation } : {}),
      ...(tool === undefined ? {} : { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool }),
      ...(event.arguments === null ? {} : { 'gen_ai.tool.call.arguments': JSON.stringify(event.arguments) }),
      'server.address': event.callee.host,
      'server.port': event.callee.port,
      'casa.decision.id': event.decision_id,
      'casa.phase': event.phase,
      'casa.protocol': event.protocol,
      ...(event.caller === null ? {} : { 'casa.caller': event.caller }),
      ...(event.callee.app === null ? {} : { 'casa.callee': event.callee.app }),
    },
  };
}

function exchangeFacts(event: TokenExchanged): SpanFacts {
  return {
    name: `exchange ${event.callee}`,
    kind: spanKind.internal,
    startMs: Date.parse(event.at),
    decision: event.decision,
    attributes: {
      'casa.decision.id': event.decision_id,
      'casa.phase': 'exchange',
      'casa.caller': event.caller,
      'casa.callee': event.callee,
      ...(event.tool === null ? {} : { 'casa.tool': event.tool }),
    },
  };
}

function answerFacts(event: LlmCallEnded): SpanFacts {
  return {
    name: 'chat',
    kind: spanKind.client,
    startMs: Date.parse(event.at),
    decision: null,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'casa.caller': event.app,
      'casa.llm_call.id': event.llm_call_id,
      'casa.selections': event.selections.map(({ tool, llm_name: spelled }) => tool ?? spelled),
    },
  };
}

/** fixed64 as OTLP's JSON writes it: decimal text. */
function nanos(ms: number): string {
  return `${BigInt(Math.max(0, Math.round(ms)))}000000`;
}

function attributes(values: SpanFacts['attributes']): readonly JsonObject[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** opentelemetry.proto.common.v1.AnyValue; 64-bit integers are decimal text. */
function anyValue(value: string | number | boolean | readonly string[]): JsonObject {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
}
