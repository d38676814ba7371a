/** OpenAI's Chat Completions: the answer. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import { objectsOf } from '../../protocols/llm/read_parts.ts';
import { isJsonObject } from '../../protocols/strict_json.ts';
import type { ToolCallPart, ToolCallParts } from '../tool_call_parts.ts';
import type { AnswerDialect } from './answer_dialect.ts';
import { textOf } from './text_of.ts';

export const chatCompletions: AnswerDialect = {
  addWhole(answer, parts) {
    if (!Array.isArray(answer.choices)) return false;
    for (const [choiceIndex, choice] of objectsOf(answer.choices).entries()) {
      const message = isJsonObject(choice.message) ? choice.message : {};
      for (const [index, toolCall] of objectsOf(message.tool_calls).entries()) {
        parts.addWhole(choiceIndex, index, partOf(toolCall));
      }
    }
    return true;
  },

  addEvent(event, parts) {
    let completes = false;
    for (const choice of objectsOf(event.choices)) completes = addChoice(choice, parts) || completes;
    return completes;
  },

  // No request of this interface goes on from an answer by its id.
  answerId: () => null,
};

function addChoice(choice: JsonObject, parts: ToolCallParts): boolean {
  const group = indexOf(choice.index, 0);
  const delta = isJsonObject(choice.delta) ? choice.delta : {};
  for (const [position, toolCall] of objectsOf(delta.tool_calls).entries()) {
    parts.add(group, indexOf(toolCall.index, position), partOf(toolCall));
  }
  const ends = typeof choice.finish_reason === 'string';
  if (ends) parts.end(group);
  return ends;
}

function partOf(toolCall: JsonObject): ToolCallPart {
  const called = isJsonObject(toolCall.function) ? toolCall.function : {};
  return { id: textOf(toolCall.id), name: textOf(called.name), argumentsText: textOf(called.arguments) };
}

function indexOf(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
