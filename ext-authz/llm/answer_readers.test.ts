import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnreadableAnswer } from './answer_reader.ts';
import { chatCompletions } from './dialects/chat_completions.ts';
import { openJsonReader } from './read_json_answer.ts';
import { openStreamReader } from './read_stream_answer.ts';

const args = '{"to":"eve","amount":5}';
const event = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (...toolCalls: unknown[]) =>
  event({ choices: [{ index: 0, delta: { tool_calls: toolCalls }, finish_reason: null }] });
const finish = event({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] });
const bytes = (text: string) => Buffer.from(text);

describe('an answer in one piece', () => {
  const message = { tool_calls: [{ id: 'c1', type: 'function', function: { name: 'transfer', arguments: args } }] };
  const whole = JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] });
  const calls = [{ id: 'c1', name: 'transfer', argumentsText: args }];

  test('is complete with the chunk that makes it parse, not only with the last', () => {
    const reader = openJsonReader(chatCompletions);
    expect(reader.push(bytes(whole.slice(0, 40)), false)).toEqual({ calls: [], completes: false });
    expect(reader.push(bytes(whole.slice(40)), false)).toEqual({ calls, completes: true });
    expect(reader.push(bytes(''), true)).toEqual({ calls: [], completes: false });
  });

  test('that never becomes a completion is unreadable', () => {
    expect(() => openJsonReader(chatCompletions).push(bytes('{"choices":'), true)).toThrow(UnreadableAnswer);
    expect(() => openJsonReader(chatCompletions).push(bytes('{"choices":[],"choices":[]}'), true)).toThrow(
      UnreadableAnswer,
    );
  });
});

describe('an answer that streams', () => {
  test('gives a tool call with the chunk that completes its arguments', () => {
    const reader = openStreamReader(chatCompletions);
    reader.push(bytes(delta({ index: 0, id: 'c1', function: { name: 'transfer', arguments: '' } })), false);
    expect(reader.push(bytes(delta({ index: 0, function: { arguments: args.slice(0, 9) } })), false).calls).toEqual([]);
    expect(reader.push(bytes(delta({ index: 0, function: { arguments: args.slice(9) } })), false)).toEqual({
      calls: [{ id: 'c1', name: 'transfer', argumentsText: args }],
      completes: false,
    });
    expect(reader.push(bytes(finish), false)).toEqual({ calls: [], completes: true });
  });

  test('gives calls without arguments when their choice ends, and an answer without calls at its end', () => {
    const reader = openStreamReader(chatCompletions);
    const noArguments = [{ id: 'c1', name: 'balance', argumentsText: '{}' }];
    expect(
      reader.push(bytes(delta({ index: 0, id: 'c1', function: { name: 'balance', arguments: '{}' } })), false).calls,
    ).toEqual([]);
    expect(reader.push(bytes(finish), false)).toEqual({ calls: noArguments, completes: true });
    expect(openStreamReader(chatCompletions).push(bytes(event('[DONE]')), false)).toEqual({
      calls: [],
      completes: true,
    });
    expect(openStreamReader(chatCompletions).push(bytes(''), true)).toEqual({ calls: [], completes: true });
  });

  test('that goes on with a complete call, or holds what is no JSON, is unreadable', () => {
    const reader = openStreamReader(chatCompletions);
    reader.push(bytes(delta({ index: 0, id: 'c1', function: { name: 'transfer', arguments: args } })), false);
    expect(() => reader.push(bytes(delta({ index: 0, function: { arguments: '{"to":"mallory"}' } })), false)).toThrow(
      UnreadableAnswer,
    );
    expect(() => openStreamReader(chatCompletions).push(bytes(event('{"choices":[],"choices":[]}')), false)).toThrow(
      UnreadableAnswer,
    );
  });

  test('gives every parallel call once, wherever the bytes are cut', () => {
    const text =
      event({ choices: [{ index: 0, delta: { role: 'assistant', content: 'ü€' } }] }) +
      delta({ index: 0, id: 'c1', function: { name: 'transfer', arguments: '' } }) +
      delta({ index: 0, function: { arguments: args } }) +
      delta({ index: 1, id: 'c2', function: { name: 'balance', arguments: '' } }) +
      finish +
      event('[DONE]');
    const whole = bytes(text);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const reader = openStreamReader(chatCompletions);
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const calls = edges
          .slice(1)
          .flatMap((end, index) => reader.push(whole.subarray(edges[index], end), false).calls);
        calls.push(...reader.push(bytes(''), true).calls);
        expect(calls).toEqual([
          { id: 'c1', name: 'transfer', argumentsText: args },
          { id: 'c2', name: 'balance', argumentsText: '' },
        ]);
      }),
    );
  });
});

test('no bytes make a reader fail otherwise than as unreadable', () => {
  const line = fc.oneof(
    fc.string(),
    fc.json().map((text) => `data: ${text}\n\n`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.boolean(), (lines, streams) => {
      const reader = streams ? openStreamReader(chatCompletions) : openJsonReader(chatCompletions);
      try {
        for (const text of lines) reader.push(bytes(text), false);
        reader.push(bytes(''), true);
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableAnswer);
      }
    }),
  );
});
