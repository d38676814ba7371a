import { setTimeout as sleep } from 'node:timers/promises';
import type { Direction } from '../../../ext-authz/check/read_request.ts';
import type { CheckResult } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { TraceEvent } from '../../../policies/trace.ts';
import type { ManagementClient } from './management_client.ts';

/** Events are sent in batches after the answer; longer than this they are lost. */
const recordedMaxMs = 5_000;

/** The trace of one MAS, read on as it grows. */
export class TraceReader {
  readonly #management: ManagementClient;
  readonly #mas: string;
  readonly #events: TraceEvent[] = [];
  #after = 0;

  constructor(management: ManagementClient, mas: string) {
    this.#management = management;
    this.#mas = mas;
  }

  /** The checks that were recorded for a decision at this side of the call; waits until they are. */
  async checksOf(decisionId: string, direction: Direction): Promise<readonly CheckResult[]> {
    const deadlineMs = performance.now() + recordedMaxMs;
    for (;;) {
      const found = this.#events.find((event) => isOf(event, decisionId, direction));
      if (found !== undefined && 'decision' in found) return found.decision.checks;
      if (performance.now() > deadlineMs) throw new CasaError('bug', `decision ${decisionId} was not recorded`);
      await this.#readOn();
    }
  }

  async #readOn(): Promise<void> {
    const { events } = await this.#management.trace(this.#mas, this.#after);
    this.#events.push(...events);
    this.#after = events.at(-1)?.sequence ?? this.#after;
    if (events.length === 0) await sleep(20);
  }
}

function isOf(event: TraceEvent, decisionId: string, direction: Direction): boolean {
  switch (event.kind) {
    case 'agent_call':
    case 'tool_call':
      return event.decision_id === decisionId && event.phase === direction;
    case 'llm_call_started':
      return event.decision_id === decisionId && direction === 'outbound';
    default:
      return false;
  }
}
