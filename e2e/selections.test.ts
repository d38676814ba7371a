import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RaceResult } from './race/race_result.ts';
import type { WireRequest } from './send/wire_request.ts';
import { because, obstacle, outsider, Stack } from './stack.ts';

const skipped = obstacle();
const agent = 'casa-demo-agent';
const conversations = 50;
const atOnce = 5;
const denied = /"reason":"(no_llm_calls_made_by_app|tool_not_selected_by_llm|session_unknown)"/;

describe.skipIf(skipped !== null)(`an agent that acts at the chunk that completes a call${because(skipped)}`, () => {
  let stack: Stack;
  let results: readonly RaceResult[];
  beforeAll(async () => {
    const commands = { llm: ['node', 'dist/e2e/race/llm/main.js'], [agent]: ['node', 'dist/e2e/race/agent/main.js'] };
    stack = await Stack.open({ commands });
    const answers = await stack.sendAs(
      outsider,
      Array.from({ length: conversations }, (_, index) => chat(index)),
      atOnce,
    );
    // Answered by the racing agent.
    results = answers.map(({ body }) => JSON.parse(body) as RaceResult);
  }, 120_000);
  afterAll(() => stack?.close());

  test('is never denied: the selection was stored before the chunk came', () => {
    const failed = results.filter(({ atChunk }) => !(atChunk?.status === 200 && atChunk.body.includes('"result"')));
    expect({ failed, of: results.length }).toEqual({ failed: [], of: conversations });
  });

  test('mostly acted while the answer was still coming: else this would be no race', () => {
    expect(results.filter(({ streamWasOpen }) => streamWasOpen).length).toBeGreaterThan(conversations / 2);
  });

  test('is always denied while one letter of the call is missing', () => {
    expect(results.filter(({ early }) => !denied.test(early.body))).toEqual([]);
  });

  test('makes the bank execute each call once', () => {
    const limits = stack.ledger().map((row) => Number(row.arguments.limit));
    expect(limits.sort((a, b) => a - b)).toEqual(Array.from({ length: conversations }, (_, index) => index + 1));
  });
});

function chat(index: number): WireRequest {
  const headers = { 'content-type': 'application/json' };
  return { to: `${agent}:8082`, path: '/chat', headers, body: JSON.stringify({ content: `race ${index + 1}` }) };
}
