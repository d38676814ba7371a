import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../policies/contract.ts';
import { type AnswerReader, type ReadToolCall, UnreadableAnswer } from '../answer_reader.ts';
import { openJsonReader } from '../read_json_answer.ts';
import { openStreamReader } from '../read_stream_answer.ts';
import type { AnswerDialect } from './answer_dialect.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';

const args = '{"to":"eve","amount":5}';
const call: ReadToolCall = { id: 'c1', name: 'transfer', argumentsText: args };
const event = (value: JsonObject) => Buffer.from(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);

/** What each event gave, in turn. */
function given(reader: AnswerReader, events: readonly JsonObject[]): readonly (readonly ReadToolCall[])[] {
  return events.map((value) => reader.push(event(value), false).calls);
}

/** An interface, and one answer of it in every form: text first, then one call in two parts. */
interface Case {
  readonly name: string;
  readonly dialect: AnswerDialect;
  readonly whole: JsonObject;
  readonly begin: readonly JsonObject[];
  readonly part: (text: string) => JsonObject;
  readonly end: JsonObject;
  readonly done: JsonObject;
}

const item = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'transfer' };
const response = { object: 'response', id: 'resp_1', output: [{ type: 'message' }, { ...item, arguments: args }] };
const cases: readonly Case[] = [
  {
    name: 'Responses',
    dialect: responses,
    whole: response,
    begin: [
      { type: 'response.created', response: { object: 'response', id: 'resp_1', output: [] } },
      { type: 'response.output_text.delta', output_index: 0, delta: 'I will' },
      { type: 'response.output_item.added', output_index: 1, item: { ...item, arguments: '' } },
    ],
    part: (delta) => ({ type: 'response.function_call_arguments.delta', output_index: 1, delta }),
    end: { type: 'response.output_item.done', output_index: 1, item: { ...item, arguments: args } },
    done: { type: 'response.completed', response },
  },
  {
    name: 'Messages',
    dialect: messages,
    whole: {
      type: 'message',
      content: [
        { type: 'text', text: 'I will' },
        { type: 'tool_use', id: 'c1', name: 'transfer', input: JSON.parse(args) },
      ],
    },
    begin: [
      { type: 'message_start', message: { type: 'message', content: [] } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'I will' } },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'c1', name: 'transfer', input: {} },
      },
    ],
    part: (text) => ({
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: text },
    }),
    end: { type: 'content_block_stop', index: 1 },
    done: { type: 'message_stop' },
  },
];

describe.each(cases)('an answer of $name', ({ dialect, whole, begin, part, end, done }) => {
  test('in one piece gives its calls', () => {
    const reader = openJsonReader(dialect);
    expect(reader.push(Buffer.from(JSON.stringify(whole)), false)).toEqual({ calls: [call], completes: true });
  });

  test('that streams gives a call with the part that completes it, once', () => {
    const events = [...begin, part(args.slice(0, 9)), part(args.slice(9)), end, done];
    const calls = given(openStreamReader(dialect), events);
    expect(calls.flat()).toEqual([call]);
    expect(calls[begin.length + 1]).toEqual([call]);
  });

  test('that streams a call without arguments gives it at its end', () => {
    const calls = given(openStreamReader(dialect), [...begin, done].slice(0, -1));
    expect(calls.flat()).toEqual([]);
    const reader = openStreamReader(dialect);
    given(reader, begin);
    const last = reader.push(Buffer.from(''), true);
    expect(last).toEqual({ calls: [{ ...call, argumentsText: '' }], completes: true });
  });

  test('is complete with its last event', () => {
    const reader = openStreamReader(dialect);
    given(reader, [...begin, part(args), end]);
    expect(reader.push(event(done), false)).toEqual({ calls: [], completes: true });
  });

  test('that goes on after a complete call is unreadable', () => {
    const reader = openStreamReader(dialect);
    given(reader, [...begin, part(args)]);
    expect(() => reader.push(event(part('{"to":"mallory"}')), false)).toThrow(UnreadableAnswer);
  });

  test('of another interface is unreadable at its end', () => {
    expect(() => openJsonReader(dialect).push(Buffer.from('{"choices":[]}'), true)).toThrow(UnreadableAnswer);
  });

  test('whose part does not say of which call it is, is unreadable', () => {
    const { output_index: _place, index: _index, ...lost } = part(args);
    const reader = openStreamReader(dialect);
    given(reader, begin);
    expect(() => reader.push(event(lost), false)).toThrow(UnreadableAnswer);
  });
});

describe('Responses', () => {
  const [first] = cases;

  test('whose last event tells another call than its parts did, is unreadable', () => {
    const reader = openStreamReader(responses);
    given(reader, [
      ...(first?.begin ?? []),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: args },
    ]);
    const other = { ...response, output: [{ type: 'message' }, { ...item, arguments: '{"to":"mallory"}' }] };
    expect(() => reader.push(event({ type: 'response.completed', response: other }), false)).toThrow(UnreadableAnswer);
  });

  test('gives a call that only its last event tells, and its id', () => {
    const reader = openStreamReader(responses);
    expect(reader.push(event({ type: 'response.completed', response }), false).calls).toEqual([call]);
    expect(reader.answerId()).toBe('resp_1');
  });
});
