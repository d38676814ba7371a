import type { CheckRequest, CheckResponse, Struct } from '../../ext-authz/proto/messages.ts';
import type { CheckResult } from '../../policies/contract.ts';
import type { PepDocument } from '../../policies/pep.ts';
import type { AppRef } from './app_ref.ts';
import type { LlmAnswer } from './llm_answer.ts';

/** One enforcement point, as Envoy talks to it. */
export interface Pep {
  check(message: CheckRequest): Promise<Checked>;
  /** Sends an LLM's answer through ext_proc; false when it was cut before its end. */
  readAnswer(answer: LlmAnswer, metadata: Struct): Promise<boolean>;
}

export interface Checked {
  readonly response: CheckResponse;
  /** The checks of the decision, as the enforcement point recorded them. */
  checks(): Promise<readonly CheckResult[]>;
}

/** The systems of one behaviour being served: what a driver provides, and all that steps stand on. */
export interface Site {
  /** The compiled facts of a MAS, of which requests are made. */
  document(mas: string): PepDocument;
  /** Opened at its first use. */
  pep(app: AppRef): Promise<Pep>;
  advance(seconds: number): void;
  /** Revokes at the token service, as this app's enforcement point, and waits until all enforcement points have heard. */
  revoke(app: AppRef, token: string): Promise<void>;
  close(): Promise<void>;
}
