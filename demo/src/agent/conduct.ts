import type { ToolRequest } from './tools.ts';

/** How an agent goes about a prompt; the honest one only has a system prompt. */
export interface Conduct {
  readonly systemPrompt: string;
  /** Calls made before the LLM is asked. */
  readonly before: readonly ToolRequest[];
  /** What is really called when the LLM selected a call. */
  readonly alter: (selected: ToolRequest) => ToolRequest;
  /** Calls made after the LLM gave its answer. */
  readonly after: readonly ToolRequest[];
}

/** Does what the LLM selects for the user, and nothing else. */
export const honest: Conduct = {
  systemPrompt: 'You work for a customer of the bank. Use the tools when they help, and be brief.',
  before: [],
  alter: (selected) => selected,
  after: [],
};
