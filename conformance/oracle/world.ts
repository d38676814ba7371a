/** What the oracle and the engine are both asked about: a system with one agent, and what happens in it. */
import type { Reason } from '../../policies/contract.ts';

export interface World {
  /** Servers that the agent may call; null: all. */
  readonly endpoints: readonly string[] | null;
  /** Keys are `server/name`. */
  readonly tools: { readonly [tool: string]: { readonly selection: 'exact' | 'name' } };
  /** null: the policy says nothing of tools. */
  readonly rules: readonly Rule[] | null;
  readonly checksSelections: boolean;
}

export interface Rule {
  /** Plain names, or a beginning and `*`. */
  readonly server: string;
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  /** The rule matches calls whose `amount` is at most this; null: any call. */
  readonly maxAmount: number | null;
  readonly callsMax: number | null;
  readonly sumMax: number | null;
}

/** `currency` is `EUR` by the schema of every tool. */
export interface Arguments {
  readonly amount?: number;
  readonly currency?: string;
  readonly note?: string | null;
}

export type Step =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'answer'; readonly selects: readonly { readonly tool: string; readonly arguments: Arguments }[] }
  | { readonly kind: 'call'; readonly tool: string; readonly arguments: Arguments };

export type Answer = Reason;
