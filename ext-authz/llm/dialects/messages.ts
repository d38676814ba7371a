/** Anthropic's Messages: the answer. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import { objectsOf } from '../../protocols/llm/read_parts.ts';
import { isJsonObject } from '../../protocols/strict_json.ts';
import { UnreadableAnswer } from '../answer_reader.ts';
import type { ToolCallPart } from '../tool_call_parts.ts';
import type { AnswerDialect } from './answer_dialect.ts';
import { textOf } from './text_of.ts';

/** All calls of an answer are one group; each is known by its place in `content`. */
const group = 0;

export const messages: AnswerDialect = {
  addWhole(answer, parts) {
    if (answer.type !== 'message' || !Array.isArray(answer.content)) return false;
    for (const [index, block] of objectsOf(answer.content).entries()) {
      if (isToolUse(block)) parts.addWhole(group, index, partOf(block));
    }
    return true;
  },

  addEvent(event, parts) {
    switch (textOf(event.type)) {
      case 'content_block_start':
        if (isToolUse(event.content_block)) parts.add(group, placeOf(event), partOf(event.content_block));
        return false;
      case 'content_block_delta': {
        const delta = isJsonObject(event.delta) ? event.delta : {};
        if (delta.type === 'input_json_delta') {
          parts.add(group, placeOf(event), { id: '', name: '', argumentsText: textOf(delta.partial_json) });
        }
        return false;
      }
      case 'content_block_stop':
        parts.end(group, placeOf(event));
        return false;
      case 'message_stop':
      case 'error':
        parts.end();
        return true;
      default:
        return false;
    }
  },

  // No request of this interface goes on from an answer by its id.
  answerId: () => null,
};

function isToolUse(block: JsonValue | undefined): block is JsonObject {
  return isJsonObject(block) && block.type === 'tool_use';
}

/** A block begins with an empty `input` when its text follows. */
function partOf({ id, name, input }: JsonObject): ToolCallPart {
  const given = isJsonObject(input) && Object.keys(input).length > 0;
  return { id: textOf(id), name: textOf(name), argumentsText: given ? JSON.stringify(input) : '' };
}

function placeOf({ index }: JsonObject): number {
  if (typeof index !== 'number') throw new UnreadableAnswer('an event of a block does not say of which');
  return index;
}
