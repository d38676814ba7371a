import type { DecisionInput } from './contract.ts';

/** What a question says of all that does not apply to it: each member is filled in where it does. */
export const nothingAsked = {
  tool: null,
  token: null,
  session: null,
  selected: null,
  semantic: null,
  counters: {},
  problem: null,
  start_peer: null,
} as const satisfies Partial<DecisionInput>;
