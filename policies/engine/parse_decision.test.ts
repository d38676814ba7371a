import { describe, expect, it } from 'vitest';
import { parseDecision } from './parse_decision.ts';

const allowCheck = { check: 'TOKEN', outcome: 'ALLOW', reason: 'ok', detail: '' };
const block = { check: 'TOOL_POLICY', outcome: 'BLOCK', reason: 'tool_denied_by_policy', detail: '' };
const allowed = {
  allow: true,
  reason: 'ok',
  checks: [allowCheck],
  grant: { tools: ['ledger/read'], scope: ['call-tools'] },
  audit_only: false,
  policies: ['bank/teller'],
};
const denied = {
  ...allowed,
  allow: false,
  reason: 'tool_denied_by_policy',
  checks: [allowCheck, block],
  grant: { tools: [], scope: [] },
};
const audited = { ...allowed, reason: 'tool_denied_by_policy', checks: [allowCheck, block], audit_only: true };

describe('parseDecision', () => {
  it('takes a whole answer as it is', () => {
    for (const answer of [allowed, denied, audited]) expect(parseDecision(answer)).toEqual(answer);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [allowed]],
    ['an allow that is text', { ...allowed, allow: 'true' }],
    ['an unknown reason', { ...denied, reason: 'because' }],
    ['one member too many', { ...allowed, extra: 1 }],
    ['no checks', { ...allowed, checks: [] }],
    ['a check without detail', { ...allowed, checks: [{ check: 'TOKEN', outcome: 'ALLOW', reason: 'ok' }] }],
    ['an unknown outcome', { ...allowed, checks: [{ ...allowCheck, outcome: 'MAYBE' }] }],
    ['an ALLOW with a reason to block', { ...allowed, checks: [{ ...allowCheck, reason: 'token_missing' }] }],
    ['a scope that there is not', { ...allowed, grant: { tools: [], scope: ['everything'] } }],
    ['tools that are no list', { ...allowed, grant: { tools: {}, scope: [] } }],
    ['policies that are no texts', { ...allowed, policies: [1] }],
    ['an allow beside a block', { ...allowed, checks: [allowCheck, block] }],
    ['an allow with a reason', { ...allowed, reason: 'token_missing' }],
    ['an audit that blocked nothing', { ...allowed, audit_only: true }],
    ['an audit that gives ok', { ...audited, reason: 'ok' }],
    ['a denial that is ok', { ...denied, reason: 'ok', checks: [allowCheck] }],
    ['a denial that grants', { ...denied, grant: allowed.grant }],
    ['a denial that is of audit', { ...denied, audit_only: true }],
    ['another reason than the first block has', { ...denied, reason: 'token_missing' }],
  ])('refuses %s', (_, answer) => {
    expect(parseDecision(answer)).toBeNull();
  });

  it('refuses an answer without any one member', () => {
    for (const key of Object.keys(allowed)) {
      const short = Object.fromEntries(Object.entries(allowed).filter(([name]) => name !== key));
      expect(parseDecision(short)).toBeNull();
    }
  });
});
