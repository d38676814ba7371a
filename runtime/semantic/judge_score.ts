/** What a score says under a MAS's settings. */

export interface ScoreBounds {
  /** Score from which a call fits. */
  readonly threshold: number;
  /** Distance from the threshold within which there is no verdict. */
  readonly margin: number;
}

/** INVARIANT (deny by default): a score that is no number is no match. */
export function judgeScore(score: number, { threshold, margin }: ScoreBounds): 'match' | 'no_match' | 'abstain' {
  if (score >= threshold + margin) return 'match';
  return score >= threshold - margin ? 'abstain' : 'no_match';
}
