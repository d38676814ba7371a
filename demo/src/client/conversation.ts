export interface Conversation {
  readonly agent: string;
  /** `safe`, or the compromised agent's scenario. */
  readonly case: string;
  readonly prompt: string;
}

/** A conversation and what came back, one line of the client's file. */
export interface Spoken extends Conversation {
  /** 0 when the agent could not be reached. */
  readonly status: number;
  readonly body: unknown;
  readonly latencyMs: number;
}

/** The conversations of a file; throws when it holds anything else. */
export function parseConversations(text: string): readonly Conversation[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every(isConversation)) throw new Error('the file holds no list of conversations');
  return value;
}

function isConversation(value: unknown): value is Conversation {
  const { agent, case: name, prompt } = Object(value);
  return [agent, name, prompt].every((field) => typeof field === 'string');
}
