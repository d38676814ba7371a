import { llmCallsMax, llmCallTtlMs } from '../limits.ts';
import type { LlmDialect, OfferedTool } from '../protocols/call.ts';

/** An LLM request that Check let through and whose answer ext_proc will read. */
export interface LlmCall {
  readonly llmCallId: string;
  readonly sessionId: string;
  readonly traceId: string;
  readonly dialect: LlmDialect;
  readonly offered: readonly OfferedTool[];
}

/** LLM requests under way: what links an answer to its session. Bounded; the oldest leaves first. */
export class LlmCalls {
  readonly #calls = new Map<string, { readonly call: LlmCall; readonly startedAtMs: number }>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  start(call: LlmCall): void {
    const nowMs = this.#monotonicMs();
    this.#calls.set(call.llmCallId, { call, startedAtMs: nowMs });
    for (const [id, { startedAtMs }] of this.#calls) {
      if (this.#calls.size <= llmCallsMax && nowMs - startedAtMs < llmCallTtlMs) break;
      this.#calls.delete(id);
    }
  }

  /** The call of this id, once. */
  take(llmCallId: string): LlmCall | null {
    const call = this.#calls.get(llmCallId)?.call ?? null;
    this.#calls.delete(llmCallId);
    return call;
  }
}
