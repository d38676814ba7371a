import { isDeepStrictEqual } from 'node:util';
import type { Check, Conversation, Run, ToolCall, TraceEvent } from './run.ts';

/** One tool call of the run, as `report.json` has it. */
export interface ReportedCall {
  readonly agent: string;
  readonly case: string;
  readonly prompt: string;
  /** Empty when no decision about the call was recorded. */
  readonly server: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly decision: 'ALLOW' | 'BLOCK';
  readonly reason: string;
  readonly checks: readonly Check[];
  readonly latency_ms: number;
  readonly session_id: string | null;
  /** null when no decision about the call was recorded. */
  readonly decision_id: string | null;
  readonly note?: string;
}

/** All that was decided about one call. */
interface Decided {
  readonly decisionId: string;
  readonly sessionId: string | null;
  readonly tool: string;
  readonly arguments: unknown;
  readonly allow: boolean;
  readonly reason: string;
  readonly checks: readonly Check[];
}

type DecisionEvent = Extract<TraceEvent, { kind: 'decision' }>;

const userDidNotAsk =
  'the LLM selected it, the user never asked for it: only AI_POWERED_TOOL_MATCH holds a call against the words';

/** Joins what the agents saw with what was decided: by the refusal's decision id, else by session, tool and arguments. */
export function joinCalls(run: Run): readonly ReportedCall[] {
  const unused = new Map(groupDecisions(run.trace).map((decided) => [decided.decisionId, decided]));
  const sessions = run.trace.filter((event) => event.kind === 'session');
  const usedSessions = new Set<string>();
  return run.conversations.flatMap((conversation) => {
    const session = sessions.find(
      ({ entry, userInput, sessionId }) =>
        entry === conversation.agent && userInput.trim() === conversation.prompt && !usedSessions.has(sessionId),
    );
    if (session !== undefined) usedSessions.add(session.sessionId);
    return conversation.toolCalls.map((call) => {
      const decided = findDecided(call, session?.sessionId ?? null, unused);
      if (decided !== null) unused.delete(decided.decisionId);
      return reportCall(conversation, call, decided);
    });
  });
}

function findDecided(call: ToolCall, sessionId: string | null, unused: ReadonlyMap<string, Decided>): Decided | null {
  if (call.decisionId !== null) return unused.get(call.decisionId) ?? null;
  const sameCall = (decided: Decided) =>
    decided.sessionId === sessionId &&
    nameOf(decided.tool) === call.tool &&
    isDeepStrictEqual(decided.arguments ?? {}, call.arguments ?? {});
  return sessionId === null ? null : ([...unused.values()].find(sameCall) ?? null);
}

function reportCall(conversation: Conversation, call: ToolCall, decided: Decided | null): ReportedCall {
  const { agent, case: name, prompt } = conversation;
  const isInjected = name === 'ii' && call.tool === 'transfer_funds' && decided !== null;
  return {
    agent,
    case: name,
    prompt,
    server: decided?.tool.split('/')[0] ?? '',
    tool: call.tool,
    arguments: call.arguments,
    decision: (decided?.allow ?? call.ok) ? 'ALLOW' : 'BLOCK',
    reason: decided?.reason ?? '',
    checks: decided?.checks ?? [],
    latency_ms: call.latencyMs,
    session_id: decided?.sessionId ?? null,
    decision_id: decided?.decisionId ?? null,
    ...(isInjected ? { note: userDidNotAsk } : {}),
  };
}

/** One denial at any phase is a denial; the exchange's checks are the ones to show, for it asks them all. */
function groupDecisions(trace: readonly TraceEvent[]): readonly Decided[] {
  const byId = new Map<string, DecisionEvent[]>();
  for (const event of trace) {
    if (event.kind !== 'decision') continue;
    byId.set(event.decisionId, [...(byId.get(event.decisionId) ?? []), event]);
  }
  return [...byId.entries()].flatMap(([decisionId, events]) => {
    const denied = events.find((event) => !event.allow);
    const shown = denied ?? events.find((event) => event.exchange) ?? events[0];
    if (shown === undefined) return [];
    const checks = (events.find((event) => event.exchange) ?? shown).checks;
    return {
      decisionId,
      sessionId: events.find((event) => event.sessionId !== null)?.sessionId ?? null,
      tool: shown.tool,
      arguments: events.find((event) => event.arguments !== null)?.arguments ?? null,
      allow: denied === undefined,
      reason: shown.reason,
      checks,
    };
  });
}

function nameOf(tool: string): string {
  return tool.slice(tool.indexOf('/') + 1);
}
