import type { LlmDialect } from '../../protocols/call.ts';
import type { AnswerDialect } from './answer_dialect.ts';
import { chatCompletions } from './chat_completions.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';

/** How the answers to each kind of request are read. */
export const answerDialects: { readonly [dialect in LlmDialect]: AnswerDialect } = {
  'chat/completions': chatCompletions,
  responses,
  messages,
};
