import type { Decision } from '../../../policies/contract.ts';
import type { Evaluate } from './replay_session.ts';

/** Questions of one MAS whose answers are kept. */
export const rememberedMax = 20_000;

/**
 * Asks each question once: recorded agents say the same over and over, and the engine keeps nothing between questions.
 * The whole question is the key, so that nothing is remembered for another.
 */
export function rememberDecisions(evaluate: Evaluate): Evaluate {
  const remembered = new Map<string, Decision>();
  return (input) => {
    const key = JSON.stringify(input);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const decision = evaluate(input);
    if (remembered.size < rememberedMax) remembered.set(key, decision);
    return decision;
  };
}
