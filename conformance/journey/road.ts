import type { Outcome } from '../run/driver.ts';
import type { AppRef } from './app_ref.ts';
import type { HttpMessage } from './http_message.ts';
import type { LlmAnswer } from './llm_answer.ts';

/** A request that passed, or was refused at, the Envoys on its way. */
export interface Arrival {
  readonly outcome: Outcome;
  /** The request behind the last Envoy that let it through; null when it was refused. */
  readonly message: HttpMessage | null;
  /** The token that travelled between the two Envoys. */
  readonly token: string | null;
}

/** How requests travel: past enforcement points that are asked one by one, or through Envoys that ask them. */
export interface Road {
  /** From one app to another: through the caller's Envoy and, where that lets it, the callee's. */
  sendBetween(from: AppRef, to: AppRef, message: HttpMessage): Promise<Arrival>;
  /** Out of an app to what is no app: only its own Envoy is passed. An LLM's answer comes back through it; null: nobody's. */
  sendOut(from: AppRef, message: HttpMessage, answer: LlmAnswer | null): Promise<Arrival>;
  /** Arrives from an address without having passed another Envoy. */
  sendIn(sourceAddress: string, to: AppRef, message: HttpMessage): Promise<Arrival>;
}
