/** Spans of OTLP's JSON (opentelemetry.proto.trace.v1.TracesData), with their attributes as plain values. */
import type { JsonValue } from '../../policies/contract.ts';
import { isObject, textOf } from './imported.ts';
import type { ReadDocument } from './read_documents.ts';

export interface OtelSpan {
  readonly line: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** SpanKind SERVER: the callee's side of a call. */
  readonly isServer: boolean;
  readonly startNs: bigint;
  readonly service: string;
  readonly attributes: ReadonlyMap<string, JsonValue>;
}

/** Levels of nesting that an attribute may have. */
const depthMax = 64;

export type ReadSpan =
  | { readonly kind: 'span'; readonly span: OtelSpan }
  | { readonly kind: 'problem'; readonly line: number; readonly why: string };

export function readSpans(documents: readonly ReadDocument[]): readonly ReadSpan[] {
  return documents.flatMap((document): readonly ReadSpan[] => {
    if (document.kind === 'problem') return [document];
    const { line, value } = document;
    const resources = isObject(value) ? listOf(value.resourceSpans) : null;
    if (resources === null) return [{ kind: 'problem', line, why: 'no `resourceSpans`' }];
    return resources.flatMap((resource) => readResource(line, resource));
  });
}

function readResource(line: number, value: unknown): readonly ReadSpan[] {
  const scopes = isObject(value) ? listOf(value.scopeSpans) : null;
  if (!isObject(value) || scopes === null) return [{ kind: 'problem', line, why: 'a resource without `scopeSpans`' }];
  const resource = isObject(value.resource) ? readAttributes(value.resource.attributes) : new Map<string, JsonValue>();
  const service = textOf(resource.get('service.name')) ?? '';
  return scopes
    .flatMap((scope) => (isObject(scope) ? (listOf(scope.spans) ?? []) : []))
    .map((span) => readSpan(line, service, span));
}

function readSpan(line: number, service: string, value: unknown): ReadSpan {
  if (!isObject(value)) return { kind: 'problem', line, why: 'a span that is no object' };
  const { traceId, spanId, parentSpanId, kind, startTimeUnixNano } = value;
  const start = String(startTimeUnixNano ?? '');
  if (typeof traceId !== 'string' || typeof spanId !== 'string' || !/^\d{1,20}$/.test(start)) {
    return { kind: 'problem', line, why: 'a span without `traceId`, `spanId` or `startTimeUnixNano`' };
  }
  return {
    kind: 'span',
    span: {
      line,
      traceId,
      spanId,
      parentSpanId: textOf(parentSpanId) ?? '',
      isServer: kind === 2 || kind === 'SPAN_KIND_SERVER',
      startNs: BigInt(start),
      service,
      attributes: readAttributes(value.attributes),
    },
  };
}

function readAttributes(value: unknown): ReadonlyMap<string, JsonValue> {
  const pairs = (listOf(value) ?? []).filter(isObject);
  return new Map(pairs.map(({ key, value: any }) => [String(key), plainValue(any, 0)]));
}

/** opentelemetry.proto.common.v1.AnyValue; what is none, or nested too deeply, is null. */
function plainValue(value: unknown, depth: number): JsonValue {
  if (!isObject(value) || depth > depthMax) return null;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (typeof doubleValue === 'number') return doubleValue;
  if (typeof intValue === 'number' || typeof intValue === 'string') return Number(intValue);
  if (isObject(arrayValue)) return (listOf(arrayValue.values) ?? []).map((item) => plainValue(item, depth + 1));
  if (isObject(kvlistValue)) {
    const pairs = (listOf(kvlistValue.values) ?? []).filter(isObject);
    return Object.fromEntries(pairs.map(({ key, value: any }) => [String(key), plainValue(any, depth + 1)]));
  }
  return null;
}

function listOf(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}
