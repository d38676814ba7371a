import { expect, test } from 'vitest';
import { judgeAllowed, judgeHostile, judgeLedger, type Subject } from './judge.ts';
import { parseAnswers } from './send/parse_answers.ts';
import type { RawAnswer, RawAnswers } from './send/raw_request.ts';

const executed: RawAnswer = { status: 200, body: '{"jsonrpc":"2.0","id":"a","result":{}}', reason: null };
const denied: RawAnswer = { status: 403, body: '{"reason":"body_malformed"}', reason: 'body_malformed' };
const answered = (...answers: readonly RawAnswer[]): RawAnswers => ({ id: 'a', answers, silent: false });

const call: Subject = { id: 'a', tool: 'list_transactions', arguments: { account_id: 'ACC-1001', limit: 1 } };
const row = { at: '2026-01-01T00:00:00Z', tool: call.tool, arguments: call.arguments, request_id: null };

test('a hostile request that was answered 200 and has a row in the ledger is a failure, twice', () => {
  expect(judgeHostile(answered(executed), '403 body_malformed')).toContain('ALLOWED');
  expect(judgeLedger([row], [])).toEqual([expect.stringContaining('executed though nobody may')]);
});

test('an answer behind a denial on the same connection counts', () => {
  expect(judgeHostile(answered(denied, executed), '403 body_malformed')).toContain('ALLOWED');
});

test('a result in a refusal, and an answer 200 without a reason, count as allowed', () => {
  expect(
    judgeHostile(answered({ ...executed, status: 403, reason: 'body_malformed' }), '403 body_malformed'),
  ).not.toBeNull();
  expect(judgeHostile(answered({ status: 200, body: '', reason: null }), '200 -')).toContain('ALLOWED');
});

test('a refusal for another reason than expected is a failure', () => {
  expect(judgeHostile(answered(denied), '403 body_malformed')).toBeNull();
  expect(judgeHostile(answered(denied), '403 tool_unknown')).toContain('expected 403 tool_unknown');
  expect(judgeHostile(answered(), 'closed')).toBeNull();
  expect(judgeHostile(answered(), '400 -')).toContain('closed');
});

test('a silence is no refusal', () => {
  expect(judgeHostile({ ...answered(), silent: true }, 'closed')).toContain('silence');
});

test('a twin that was denied, or has no answer, is a failure', () => {
  expect(judgeAllowed(answered(executed))).toBeNull();
  expect(judgeAllowed(answered(denied))).not.toBeNull();
  expect(judgeAllowed(answered())).not.toBeNull();
});

test('each call is in the books once: none is missing, none is there twice', () => {
  expect(judgeLedger([row], [call])).toEqual([]);
  expect(judgeLedger([], [call])).toEqual(['a: not executed']);
  expect(judgeLedger([row, row], [call])).toHaveLength(1);
});

test('every answer of a connection is read, chunked or not', () => {
  const bytes = Buffer.from(
    'HTTP/1.1 100 Continue\r\n\r\n' +
      'HTTP/1.1 403 Forbidden\r\ncontent-length: 27\r\n\r\n{"reason":"body_malformed"}' +
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n',
  );
  expect(parseAnswers(bytes)).toEqual([denied, { status: 200, body: '{"a":1}', reason: null }]);
});
