import type { Decision, DecisionInput, TokenFacts } from '../../../policies/contract.ts';
import type { Evaluate } from './replay_session.ts';

/** Questions of one MAS whose answers are kept. */
export const rememberedMax = 20_000;

/**
 * Asks each question once: recorded agents say the same over and over, and the engine keeps nothing between questions.
 * The whole question is the key, so that nothing is remembered for another.
 */
export function rememberDecisions(evaluate: Evaluate): Evaluate {
  const remembered = new Map<string, Decision>();
  // A session's token is asked about with every call of it, and names every tool.
  const tokens = new WeakMap<TokenFacts, string>();
  const keyOf = ({ token, ...rest }: DecisionInput): string => {
    if (token === null) return JSON.stringify(rest);
    const text = tokens.get(token) ?? JSON.stringify(token);
    tokens.set(token, text);
    return JSON.stringify(rest) + text;
  };
  return (input) => {
    const key = keyOf(input);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const decision = evaluate(input);
    if (remembered.size < rememberedMax) remembered.set(key, decision);
    return decision;
  };
}
