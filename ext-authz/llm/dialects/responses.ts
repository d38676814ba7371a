/** OpenAI's Responses: the answer. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import { objectsOf } from '../../protocols/llm/read_parts.ts';
import { isJsonObject } from '../../protocols/strict_json.ts';
import { UnreadableAnswer } from '../answer_reader.ts';
import type { ToolCallPart, ToolCallParts } from '../tool_call_parts.ts';
import type { AnswerDialect } from './answer_dialect.ts';
import { textOf } from './text_of.ts';

/** All calls of an answer are one group; each is known by its place in `output`. */
const group = 0;
const ends: readonly string[] = ['response.completed', 'response.incomplete', 'response.failed', 'error'];

export const responses: AnswerDialect = {
  addWhole(answer, parts) {
    if (!Array.isArray(answer.output)) return false;
    for (const [index, item] of objectsOf(answer.output).entries()) addItem(parts, index, item);
    return true;
  },

  addEvent(event, parts) {
    const type = textOf(event.type);
    switch (type) {
      case 'response.output_item.added':
        if (isFunctionCall(event.item)) parts.add(group, placeOf(event), partOf(event.item));
        return false;
      case 'response.function_call_arguments.delta':
        parts.add(group, placeOf(event), { id: '', name: '', argumentsText: textOf(event.delta) });
        return false;
      case 'response.output_item.done':
        if (isJsonObject(event.item)) addItem(parts, placeOf(event), event.item);
        return false;
      default:
        if (!ends.includes(type)) return false;
        // What the last event repeats must be what its parts said.
        if (isJsonObject(event.response)) responses.addWhole(event.response, parts);
        parts.end();
        return true;
    }
  },

  answerId(value) {
    const answer = isJsonObject(value.response) ? value.response : value;
    const { object, id } = answer;
    return object === 'response' && typeof id === 'string' ? id : null;
  },
};

function addItem(parts: ToolCallParts, place: number, item: JsonObject): void {
  if (isFunctionCall(item)) parts.addWhole(group, place, partOf(item));
}

function isFunctionCall(item: JsonValue | undefined): item is JsonObject {
  return isJsonObject(item) && item.type === 'function_call';
}

function partOf(item: JsonObject): ToolCallPart {
  return { id: textOf(item.call_id), name: textOf(item.name), argumentsText: textOf(item.arguments) };
}

function placeOf({ output_index: place }: JsonObject): number {
  if (typeof place !== 'number') throw new UnreadableAnswer('an event of a tool call does not say of which');
  return place;
}
