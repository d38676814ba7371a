/** The strategy `llm_verifier`: a model behind any OpenAI-compatible endpoint is asked about the words and the call. */
import OpenAI from 'openai';
import type { SemanticFacts } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import { judgeScore, type ScoreBounds } from '../judge_score.ts';
import type { SemanticCheck, SemanticQuestion } from '../semantic_check.ts';
import { verifierPrompt } from './verifier_prompt.ts';

export interface VerifierEndpoint {
  /** Such as `https://llm.example.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
}

const answerTokensMax = 100;
const answerCharsMax = 1_000;

/** Nothing is asked twice: a failure is a verdict, and the agent's own retry asks again. */
export function llmVerifierCheck(endpoint: VerifierEndpoint, bounds: ScoreBounds): SemanticCheck {
  const client = new OpenAI({
    baseURL: endpoint.baseUrl,
    apiKey: endpoint.apiKey,
    maxRetries: 0,
    timeout: endpoint.timeoutMs,
    logLevel: 'off',
  });
  return {
    async verdict(question) {
      try {
        return judge(await ask(client, endpoint, question), bounds);
      } catch {
        // INVARIANT (deny by default): no verdict is a block.
        return facts('failed', null);
      }
    },
  };
}

async function ask(
  client: OpenAI,
  { model, timeoutMs }: VerifierEndpoint,
  question: SemanticQuestion,
): Promise<Answer> {
  const messages = verifierPrompt(question);
  if (messages === null) throw new CasaError('semantic_check_failed', 'the call is too long to be judged');
  const completion = await client.chat.completions.create(
    { model, messages: [...messages], temperature: 0, max_tokens: answerTokensMax, stream: false },
    // The client's own limit ends with the headers; the body has to be there in time as well.
    { signal: AbortSignal.timeout(timeoutMs) },
  );
  const [choice] = completion.choices;
  if (choice?.finish_reason !== 'stop') throw new CasaError('semantic_check_failed', 'the verifier did not finish');
  return parseAnswer(choice.message.content);
}

interface Answer {
  readonly verdict: 'match' | 'no_match' | 'unsure';
  readonly score: number;
}

/** Exactly the object that was asked for; throws `semantic_check_failed` for anything else. */
export function parseAnswer(content: unknown): Answer {
  const garbage = new CasaError('semantic_check_failed', 'the verifier answered what was not asked');
  if (typeof content !== 'string' || content.length > answerCharsMax) throw garbage;
  const value: unknown = JSON.parse(content);
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) throw garbage;
  const { verdict, score } = value as { readonly verdict?: unknown; readonly score?: unknown }; // an object: see above
  if (verdict !== 'match' && verdict !== 'no_match' && verdict !== 'unsure') throw garbage;
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) throw garbage;
  return { verdict, score };
}

/** The model's word and its score must both speak for the call. */
function judge({ verdict, score }: Answer, bounds: ScoreBounds): SemanticFacts {
  if (verdict === 'no_match') return facts('no_match', score);
  const judged = judgeScore(score, bounds);
  return facts(verdict === 'unsure' && judged === 'match' ? 'abstain' : judged, score);
}

function facts(outcome: SemanticFacts['outcome'], score: number | null): SemanticFacts {
  return { outcome, score, strategy: 'llm_verifier' };
}
