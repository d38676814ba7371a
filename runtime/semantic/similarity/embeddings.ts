/** The strategy `embeddings`: the tool's class decides, and closeness of meaning may rescue what it would refuse. */
import type { SemanticFacts } from '../../../policies/contract.ts';
import { matchClasses } from '../classes/match_classes.ts';
import { judgeScore, type ScoreBounds } from '../judge_score.ts';
import type { SemanticCheck, SemanticQuestion } from '../semantic_check.ts';
import type { ToolRanker } from './rank_tool.ts';

/** A tool is rescued only from among the closest. */
export const rankMax = 3;

/** `ranker` null: nothing is rescued, and an abstention of the classes stays one. */
export function embeddingsCheck(ranker: ToolRanker | null, bounds: ScoreBounds): SemanticCheck {
  return {
    async verdict(question) {
      try {
        return await judge(ranker, bounds, question);
      } catch {
        // INVARIANT (deny by default): no verdict is a block.
        return facts('failed', null);
      }
    },
  };
}

async function judge(
  ranker: ToolRanker | null,
  bounds: ScoreBounds,
  question: SemanticQuestion,
): Promise<SemanticFacts> {
  const { outcome, mayBeRescued } = matchClasses(question);
  if (outcome === 'match' || !mayBeRescued || ranker === null) return facts(outcome, null);
  const { rank, similarity } = await ranker.rank(question);
  const score = Number.isFinite(similarity) ? Math.min(1, Math.max(0, similarity)) : null;
  if (rank > rankMax || score === null) return facts(outcome, score);
  const judged = judgeScore(score, bounds);
  // What the classes could not tell is never a refusal for being far in meaning: the rules judge the abstention.
  return facts(judged === 'no_match' ? outcome : judged, score);
}

function facts(outcome: SemanticFacts['outcome'], score: number | null): SemanticFacts {
  return { outcome, score, strategy: 'embeddings' };
}
