/** W3C Trace Context: the trace id of a `traceparent`, or null when it is malformed, all zero or repeated. */
export function parseTraceId(traceparent: string | undefined): string | null {
  if (traceparent === undefined) return null;
  // Version ff is invalid; repeated headers arrive joined by a comma and do not match.
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent.trim());
  if (match === null || /^0+$/.test(match[2] as string)) return null; // the group always matches
  const traceId = match[1] as string; // the group always matches
  return /^0+$/.test(traceId) ? null : traceId;
}

/** A `traceparent` of this trace with a fresh span (`spanId`: 16 hex digits), sampled. */
export function renderTraceParent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}
