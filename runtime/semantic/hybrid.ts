/** The strategy `hybrid`: the verifier is asked only where the classes and the sentence model have no opinion. */
import type { SemanticCheck } from './semantic_check.ts';

export function hybridCheck(first: SemanticCheck, verifier: SemanticCheck): SemanticCheck {
  return {
    async verdict(question) {
      const quick = await first.verdict(question);
      const { outcome, score } = quick.outcome === 'abstain' ? await verifier.verdict(question) : quick;
      return { outcome, score, strategy: 'hybrid' };
    },
  };
}
