import type { Decision } from '../../policies/contract.ts';
import { appTokenMarginSeconds, appTokensMax } from '../limits.ts';
import { decisionAgainst, type RuntimeClient } from './runtime_client.ts';

export type AppTokenAnswer =
  | { readonly kind: 'issued'; readonly token: string }
  | { readonly kind: 'refused'; readonly decision: Decision };

/** App tokens by callee, each until shortly before it expires; forgotten when the policy changes. */
export class AppTokens {
  readonly #tokens = new Map<string, { readonly token: string; readonly untilMs: number }>();
  readonly #runtime: RuntimeClient;
  readonly #monotonicMs: () => number;

  constructor(runtime: RuntimeClient, monotonicMs: () => number) {
    this.#runtime = runtime;
    this.#monotonicMs = monotonicMs;
  }

  async get(callee: string, decisionId: string, signal: AbortSignal): Promise<AppTokenAnswer> {
    const known = this.#tokens.get(callee);
    if (known !== undefined && known.untilMs > this.#monotonicMs()) return { kind: 'issued', token: known.token };
    const answer = await this.#runtime.appToken(callee, decisionId, signal);
    if (answer.kind !== 'issued') return { kind: 'refused', decision: decisionAgainst(answer) };
    const { access_token: token, expires_in: seconds } = answer.response;
    if (this.#tokens.size >= appTokensMax) this.#tokens.clear();
    const untilMs = this.#monotonicMs() + (seconds - appTokenMarginSeconds) * 1000;
    this.#tokens.set(callee, { token, untilMs });
    return { kind: 'issued', token };
  }

  clear(): void {
    this.#tokens.clear();
  }
}
