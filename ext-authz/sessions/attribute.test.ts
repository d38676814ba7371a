import { describe, expect, test } from 'vitest';
import { call, type LlmRequest } from '../protocols/call.ts';
import { attributeCall } from './attribute.ts';
import { SessionTable } from './session_table.ts';

const trace = (digit: string) => digit.repeat(32);

function table(...sessions: { id: string; text: string; subject?: string; conversation?: string; open?: boolean }[]) {
  const found = new SessionTable(() => 0);
  for (const { id, text, subject = id, conversation = id, open = false } of sessions) {
    const delivery = {
      sessionId: id,
      traceId: trace(id),
      token: `token of ${id}`,
      subject,
      conversationId: conversation,
      userText: text,
      expiresAtMs: 1000,
    };
    found.deliver(delivery, open ? `request of ${id}` : null);
  }
  return found;
}

const nothingAsked: LlmRequest = {
  dialect: 'chat/completions',
  latestUserText: null,
  echoedIds: [],
  offered: [],
  forcedTool: null,
  prefilled: false,
};
const llm = (parts: Partial<LlmRequest>) => call('llm', 'chat/completions', { llm: { ...nothingAsked, ...parts } });
const transfer = { server: 'bank', name: 'transfer', id: 'bank/transfer', arguments: { to: 'eve', note: null } };
const toolCall = call('mcp', 'tools/call', { tool: transfer });
const attributed = (found: SessionTable, asked = toolCall, traceId: string | null = null) =>
  attributeCall(asked, traceId, found.live())?.sessionId ?? null;

describe('the session of an outbound call', () => {
  test('is none when none was delivered', () => {
    expect(attributed(table(), toolCall, trace('1'))).toBeNull();
  });

  test('is that of a trace id that CASA gave', () => {
    expect(attributed(table({ id: '1', text: 'a' }, { id: '2', text: 'b' }), toolCall, trace('1'))).toBe('1');
  });

  test('is the only one, whatever trace the app made up', () => {
    expect(attributed(table({ id: '1', text: 'a' }), toolCall, trace('9'))).toBe('1');
  });

  test('is that of the latest user turn, white space aside', () => {
    const found = table({ id: '1', text: 'pay  the\nrent' }, { id: '2', text: 'b' });
    expect(attributed(found, llm({ latestUserText: ' pay the rent ' }))).toBe('1');
  });

  test('is that of the answer whose tool call is echoed', () => {
    const found = table({ id: '1', text: 'a' }, { id: '2', text: 'b' });
    found.recordSelections('2', [{ id: 'call_7', tool: null, arguments: {} }]);
    expect(attributed(found, llm({ echoedIds: ['call_7'] }))).toBe('2');
    found.recordAnswer('1', 'resp_3');
    expect(attributed(found, llm({ echoedIds: ['resp_3'] }))).toBe('1');
  });

  test('is that of an equal selection, once', () => {
    const found = table({ id: '1', text: 'a' }, { id: '2', text: 'b' });
    found.recordSelections('1', [{ id: 'x', tool: 'bank/transfer', arguments: { to: 'eve' } }]);
    expect(attributed(found)).toBe('1');
    found.consumeSelection('1', 'bank/transfer', transfer.arguments);
    expect(attributed(found)).toBeNull();
  });

  test('is none when two selected the same', () => {
    const found = table({ id: '1', text: 'a' }, { id: '2', text: 'b' });
    for (const id of ['1', '2']) {
      found.recordSelections(id, [{ id, tool: 'bank/transfer', arguments: { to: 'eve' } }]);
    }
    expect(attributed(found)).toBeNull();
  });

  test('is the only one whose request is open', () => {
    const found = table({ id: '1', text: 'a' }, { id: '2', text: 'b', open: true });
    expect(attributed(found)).toBe('2');
    found.closeRequest('2', 'request of 2');
    expect(attributed(found)).toBeNull();
  });

  test('is the latest of those with the same subject, words and conversation', () => {
    const same = { text: 'a', subject: 's', conversation: 'c' };
    expect(attributed(table({ id: '1', ...same }, { id: '2', ...same }))).toBe('2');
    expect(attributed(table({ id: '1', ...same }, { id: '2', ...same, subject: 'other' }))).toBeNull();
  });

  test('is none once it has expired', () => {
    let nowMs = 0;
    const found = new SessionTable(() => nowMs);
    found.deliver(
      {
        sessionId: '1',
        traceId: trace('1'),
        token: '',
        subject: '',
        conversationId: null,
        userText: 'a',
        expiresAtMs: 5,
      },
      null,
    );
    expect(attributed(found)).toBe('1');
    nowMs = 5;
    expect(attributed(found)).toBeNull();
    expect(found.get('1')).toBeNull();
  });
});

test('the table is bounded: the oldest session leaves first', () => {
  const found = table(...Array.from({ length: 10_001 }, (_, index) => ({ id: String(index), text: 'a' })));
  expect(found.live().length).toBe(10_000);
  expect(found.get('0')).toBeNull();
});
