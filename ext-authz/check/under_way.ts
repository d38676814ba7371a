import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import type { Known } from './outcome.ts';
import type { CheckParts } from './parts.ts';
import type { Question } from './question.ts';
import type { Asked } from './read_request.ts';

/** One Check under way: what it decides with, what was asked, and what is known so far. */
export interface UnderWay {
  readonly parts: CheckParts;
  readonly policy: LoadedPolicy;
  readonly asked: Asked;
  readonly known: Known;
  readonly question: Question;
  /** Aborts when the Check must have an answer. */
  readonly signal: AbortSignal;
}
