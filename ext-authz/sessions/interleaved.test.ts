/** One agent, many users at once, no `traceparent`: to whom are its calls attributed? (DESIGN 3) */
import { expect, test } from 'vitest';
import { type Call, call } from '../protocols/call.ts';
import type { HttpRequest } from '../protocols/http_request.ts';
import { parseLlmCall } from '../protocols/llm/parse_llm_call.ts';
import { attributeCall } from './attribute.ts';
import { type KnownSession, SessionTable } from './session_table.ts';

const conversations = 200;
/** Each of these and the one after it ask the same, in the same conversation: they count as one. */
const twins = 50;
const rounds = 3;

const request: HttpRequest = {
  method: 'POST',
  path: '/v1/chat/completions',
  query: '',
  authority: 'llm',
  headers: new Map(),
  body: new Uint8Array(),
  problem: null,
};

interface Talk {
  readonly id: number;
  readonly words: string;
  /** The sessions that its calls may be attributed to. */
  readonly own: ReadonlySet<string>;
  /** What the agent has of its LLM so far. */
  readonly toolCallIds: string[];
  /** What its tools gave back, when it matters. */
  readonly results: string[];
  round: number;
  next: 'llm' | 'tool';
}

/** Numerical Recipes' generator: the same order in every run. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function openTalks(table: SessionTable): Talk[] {
  return Array.from({ length: conversations }, (_, id) => {
    const first = id < 2 * twins ? id - (id % 2) : id;
    const words = `please settle invoice ${first} for me`;
    table.deliver(
      {
        sessionId: `s${id}`,
        traceId: id.toString(16).padStart(32, 'a'),
        token: `token ${id}`,
        subject: 'urn:casa:outside',
        conversationId: `c${first}`,
        userText: words,
        expiresAtMs: 1_000,
      },
      `request ${id}`,
    );
    const own = new Set(id < 2 * twins ? [`s${first}`, `s${first + 1}`] : [`s${id}`]);
    return { id, words, own, toolCallIds: [], results: [], round: 0, next: 'llm' as const };
  });
}

/** The talk so far as Chat Completions has it: results of tools are messages of `tool`. */
function chat(talk: Talk): Call {
  const messages = [
    { role: 'user', content: talk.words },
    ...talk.toolCallIds.map((id, index) => ({
      role: 'tool',
      tool_call_id: id,
      content: talk.results[index] ?? 'done',
    })),
  ];
  const body = Buffer.from(JSON.stringify({ messages }));
  return parseLlmCall({ ...request, body });
}

/** Two calls of each talk tell it from all others by their arguments; the last is one that everybody makes. */
function toolCall(talk: Talk): NonNullable<Call['tool']> {
  const everybody = talk.round === rounds - 1 && talk.id % 100 === 99;
  const values = everybody ? {} : { invoice: [...talk.own][0] ?? '', round: talk.round };
  return { server: 'bank', name: 'pay', id: 'bank/pay', arguments: values };
}

type Verdict = 'own' | 'denied' | 'other';

/** One step of one talk; the verdict on a tool call, null for an LLM call that went through. */
function step(table: SessionTable, talk: Talk): Verdict | null {
  const tool = toolCall(talk);
  const asked = talk.next === 'llm' ? chat(talk) : call('mcp', 'tools/call', { tool });
  const session: KnownSession | null = attributeCall(asked, null, table.live());
  if (talk.next === 'llm') {
    talk.next = 'tool';
    if (session === null) return 'denied';
    const id = `call_${talk.id}_${talk.round}`;
    table.recordSelections(session.sessionId, [{ id, tool: tool.id, arguments: tool.arguments }]);
    talk.toolCallIds.push(id);
    return talk.own.has(session.sessionId) ? null : 'other';
  }
  talk.next = 'llm';
  talk.round += 1;
  if (session === null) return 'denied';
  table.consumeSelection(session.sessionId, tool.id, tool.arguments);
  return talk.own.has(session.sessionId) ? 'own' : 'other';
}

test('of 200 interleaved conversations each call is its own one’s, or denied, and at least 99 % are its own one’s', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const table = new SessionTable(() => 0);
    const draw = draws(seed);
    const talks = openTalks(table);
    // A result that quotes another's words is no user's turn.
    talks[150]?.results.push(talks[151]?.words ?? '');
    const counts = { own: 0, denied: 0, other: 0 };
    while (talks.length > 0) {
      const at = draw(talks.length);
      const talk = talks[at];
      if (talk === undefined) throw new Error('an index below the length');
      const verdict = step(table, talk);
      if (verdict !== null) counts[verdict] += 1;
      if (talk.round === rounds) talks.splice(at, 1);
    }
    expect(counts.other).toBe(0);
    expect(counts.own + counts.denied).toBe(conversations * rounds);
    expect(counts.own / (conversations * rounds)).toBeGreaterThanOrEqual(0.99);
  }
});
