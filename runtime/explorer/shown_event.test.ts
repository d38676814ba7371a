import { describe, expect, it } from 'vitest';
import { parseShownEvent } from './shown_event.ts';

const match = { check: 'AI_POWERED_TOOL_MATCH', outcome: 'BLOCK', reason: 'semantic_unavailable', detail: 'bank/pay' };

/** The checks of a tool call as a view shows them. */
function shown(reason: string, checks: readonly object[]): unknown {
  const event = parseShownEvent(1, {
    kind: 'tool_call',
    mas: 'bank.demo',
    session_id: 's',
    at: '2027-01-15T08:00:00.000Z',
    token_hash: null,
    phase: 'exchange',
    callee: { kind: 'app', app: 'bank', host: 'bank', port: 80 },
    decision_id: 'd',
    decision: { allow: false, reason, checks },
  });
  return event?.kind === 'decision' ? event.phase.checks : null;
}

describe('a semantic verdict that is missing', () => {
  it('is no refusal of its own where another check had refused', () => {
    const refused = { check: 'TOOL_POLICY', outcome: 'BLOCK', reason: 'tool_denied_by_policy', detail: '' };
    expect(shown('tool_denied_by_policy', [refused, match])).toEqual([
      refused,
      { check: match.check, outcome: 'ABSTAIN', reason: 'ok', detail: 'not asked: another check refused' },
    ]);
  });

  it('is the refusal where it is the reason', () => {
    expect(shown('semantic_unavailable', [match])).toEqual([match]);
  });
});

it('an outcome that nobody knows is shown as a block', () => {
  const odd = { check: 'TOOL_POLICY', outcome: 'MAYBE', reason: '', detail: '' };
  expect(shown('ok', [odd])).toEqual([{ ...odd, outcome: 'BLOCK' }]);
});
