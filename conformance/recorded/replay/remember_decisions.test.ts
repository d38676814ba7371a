import { expect, test } from 'vitest';
import { type DecisionInput, denial } from '../../../policies/contract.ts';
import { rememberDecisions } from './remember_decisions.ts';

const question: DecisionInput = {
  phase: 'exchange',
  mas: 'n.m',
  now: 1,
  caller: null,
  callee: { kind: 'other', app: null, host: 'h', port: 1 },
  protocol: 'mcp',
  operation: 'tools/call',
  tool: { server: 's', name: 't', arguments: { a: 1 } },
  token: null,
  session: null,
  selected: null,
  semantic: null,
  counters: {},
  problem: null,
  start_peer: null,
};
const token = {
  verified: true,
  sub: 'u',
  act: [],
  aud: [],
  scope: [],
  tools: {},
  session_id: null,
  exp: 1,
  call_matches: null,
  audit: false,
} as const;

test('the same question is asked once, and any other question anew', () => {
  const asked: DecisionInput[] = [];
  const evaluate = rememberDecisions((input) => {
    asked.push(input);
    return denial('policy_missing', 'SYSTEM', String(asked.length));
  });
  const others = [
    question,
    { ...question, tool: { server: 's', name: 't', arguments: { a: 2 } } },
    { ...question, token },
    { ...question, token: { ...token, tools: { 's/t': true as const } } },
    { ...question, counters: { r: { calls: 1, sum: 0 } } },
  ];
  const first = others.map(evaluate);
  expect(others.map((input) => evaluate(structuredClone(input)))).toEqual(first);
  expect(asked).toHaveLength(others.length);
});
