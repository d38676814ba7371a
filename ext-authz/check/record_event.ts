import { sha256Hex } from '../../policies/canonical.ts';
import type { JsonObject } from '../../policies/contract.ts';
import type { CallDecided, LlmCallStarted, TraceEvent } from '../../policies/trace.ts';
import { eventArgumentsLengthMax } from '../limits.ts';
import type { Outcome } from './outcome.ts';
import type { CheckParts } from './parts.ts';
import type { Direction } from './read_request.ts';

/** The event of a Check, or null for what was not even read as a call. */
export function checkEvent(
  parts: Pick<CheckParts, 'config' | 'clock' | 'random'>,
  result: Outcome,
  direction: Direction,
  decidedInMs: number,
): TraceEvent | null {
  const { call, callee, decision, decisionId } = result;
  if (call === null || callee === null) return null;
  const base = {
    event_id: parts.random.uuid(),
    mas: parts.config.mas,
    session_id: result.sessionId,
    at: new Date(parts.clock.nowMs()).toISOString(),
    trace_id: result.traceId,
    token_hash: result.token === null ? null : sha256Hex(result.token),
  };
  if (callee.kind === 'llm') {
    const llmCallId = result.llmCallId ?? decisionId;
    const started: LlmCallStarted = {
      ...base,
      kind: 'llm_call_started',
      app: parts.config.app,
      llm_call_id: llmCallId,
      decision_id: decisionId,
      decision,
      forced_tool: call.llm?.forcedTool ?? null,
      prefilled: call.llm?.prefilled ?? false,
    };
    return started;
  }
  const decided: CallDecided = {
    ...base,
    kind: call.protocol === 'mcp' ? 'tool_call' : 'agent_call',
    phase: direction,
    caller: result.caller?.app ?? null,
    caller_type: result.caller?.type ?? null,
    callee,
    protocol: call.protocol,
    operation: call.operation,
    tool: call.tool?.id ?? null,
    arguments: boundedArguments(call.tool?.arguments ?? null),
    decision_id: decisionId,
    decision,
    decided_in_ms: decidedInMs,
  };
  return decided;
}

function boundedArguments(callArguments: JsonObject | null): JsonObject | null {
  return JSON.stringify(callArguments).length > eventArgumentsLengthMax ? null : callArguments;
}
