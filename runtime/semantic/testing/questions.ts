/** For tests: questions about tools of no system in particular. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import type { SemanticQuestion, ToolDefinition } from '../semantic_check.ts';

export function tool(name: string, description = '', more: Partial<ToolDefinition> = {}): ToolDefinition {
  return { server: 'office', name, description, annotations: null, inputSchema: {}, classes: null, ...more };
}

export function annotated(name: string, annotations: JsonValue, description = ''): ToolDefinition {
  return tool(name, description, { annotations });
}

export const library: readonly ToolDefinition[] = [
  tool('search_books', 'Search the catalogue by title or author'),
  tool('get_loan', 'Get one loan with its due date'),
  tool('reserve_book', 'Reserve a book for a reader'),
  tool('renew_loan', 'Renew a loan for two more weeks'),
  tool('cancel_reservation', 'Cancel a reservation'),
  tool('pay_fee', 'Pay a late fee'),
  tool('send_message', 'Send a message to another reader'),
  tool('delete_account', "Delete the reader's account"),
  tool('opening_hours', 'The opening hours of a branch'),
];

export function ask(words: string, called: string | ToolDefinition, given: JsonObject = {}): SemanticQuestion {
  const named = typeof called === 'string' ? library.find(({ name }) => name === called) : called;
  if (named === undefined) throw new Error(`the library has no tool ${String(called)}`);
  return { words, earlier: [], tool: named, arguments: given, offered: library };
}
