import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../policies/contract.ts';
import type { LedgerRow } from '../ledger.ts';
import type { RawAnswer, RawAnswers } from './send/raw_request.ts';

/** The call that a request says, or means to be taken for. */
export interface Subject {
  readonly id: string;
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** What is wrong with the answers to a hostile request; null: it was refused as expected. */
export function judgeHostile({ id, answers, silent }: RawAnswers, expected: string): string | null {
  const got = renderAnswer(answers[0]);
  const allowed = answers.filter((answer) => !isDenied(answer));
  if (allowed.length > 0) return `${id}: ALLOWED, ${allowed.map(renderAnswer).join(', ')}, expected ${expected}`;
  // What was never answered may still be waited for.
  if (silent && answers.length === 0) return `${id}: silence, expected ${expected}`;
  return got === expected ? null : `${id}: ${got}, expected ${expected}`;
}

/** What is wrong with the answers to a request that is to be allowed; null: nothing. */
export function judgeAllowed({ id, answers }: RawAnswers): string | null {
  const [answer] = answers;
  const passed = answers.length === 1 && answer?.status === 200 && answer.body.includes('"result"');
  return passed && answer.reason === null ? null : `${id}: not allowed: ${renderAnswer(answer)}`;
}

/** What is wrong with the books: each call must be there once, and nothing else. */
export function judgeLedger(rows: readonly LedgerRow[], calls: readonly Subject[]): readonly string[] {
  const left = [...rows];
  const missing = calls.flatMap((call) => {
    const index = left.findIndex((row) => row.tool === call.tool && isDeepStrictEqual(row.arguments, call.arguments));
    if (index >= 0) left.splice(index, 1);
    return index >= 0 ? [] : [`${call.id}: not executed`];
  });
  const more = left.map((row) => `executed though nobody may: ${row.tool} ${JSON.stringify(row.arguments)}`);
  return [...missing, ...more];
}

/** INVARIANT (deny by default): whatever is no refusal counts as allowed. */
function isDenied({ status, body, reason }: RawAnswer): boolean {
  if (body.includes('"result"')) return false;
  return status >= 400 || reason !== null;
}

function renderAnswer(answer: RawAnswer | undefined): string {
  return answer === undefined ? 'closed' : `${answer.status} ${answer.reason ?? '-'}`;
}
