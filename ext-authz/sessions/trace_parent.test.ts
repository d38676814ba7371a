import { expect, test } from 'vitest';
import { parseTraceId, renderTraceParent } from './trace_parent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test('a rendered traceparent reads back', () => {
  expect(parseTraceId(renderTraceParent(traceId, spanId))).toBe(traceId);
});

test.each([
  undefined,
  '',
  `00-${traceId}-${spanId}`,
  `ff-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`,
])('%s counts as absent', (text) => {
  expect(parseTraceId(text)).toBeNull();
});
