/** Counters in Prometheus' text format. */
import type { Reason } from '../../policies/contract.ts';
import type { EventCounts } from '../traces/event_queue.ts';

export class Metrics {
  readonly #decisions = new Map<string, number>();

  /** One answer of a token endpoint. */
  countDecision(kind: 'session' | 'app' | 'exchange', reason: Reason): void {
    const labels = `kind="${kind}",reason="${reason}"`;
    this.#decisions.set(labels, (this.#decisions.get(labels) ?? 0) + 1);
  }

  render(events: EventCounts, served: number): string {
    return [
      '# TYPE casa_token_decisions_total counter',
      ...[...this.#decisions].map(([labels, count]) => `casa_token_decisions_total{${labels}} ${count}`),
      '# TYPE casa_events_stored_total counter',
      `casa_events_stored_total ${events.stored}`,
      '# TYPE casa_events_dropped_total counter',
      `casa_events_dropped_total ${events.dropped}`,
      '# TYPE casa_events_queued gauge',
      `casa_events_queued ${events.queued}`,
      '# TYPE casa_mas_served gauge',
      `casa_mas_served ${served}`,
      '',
    ].join('\n');
  }
}
