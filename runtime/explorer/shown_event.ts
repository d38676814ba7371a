/** A stored event as the Explorer may rely on it: enforcement points send events, and nobody has looked at every member. */

import type { JsonObject } from '../../policies/contract.ts';
import type { CallKind, CallPhase, SelectionRow, Verdict } from '../../policies/explorer_wire.ts';

interface ShownBase {
  readonly sequence: number;
  readonly mas: string;
  readonly session_id: string | null;
  readonly at: string;
  readonly token_hash: string | null;
}

/** One phase of a call. */
export interface ShownDecision extends ShownBase {
  readonly kind: 'decision';
  readonly decision_id: string;
  readonly callKind: CallKind;
  readonly caller: string | null;
  readonly caller_type: string | null;
  readonly callee: string;
  readonly callee_kind: string;
  readonly protocol: string;
  readonly operation: string;
  readonly tool: string | null;
  readonly arguments: JsonObject | null;
  readonly phase: CallPhase;
  /** What the exchange granted. */
  readonly granted: { readonly tools: readonly string[]; readonly scope: readonly string[] };
}
export interface ShownToken extends ShownBase {
  readonly kind: 'token';
  readonly app: string;
  readonly scope: readonly string[];
  readonly tools: readonly string[];
}
export interface ShownAnswer extends ShownBase {
  readonly kind: 'llm_answer';
  readonly app: string;
  readonly llm_call_id: string;
  readonly selections: readonly Omit<SelectionRow, 'consumed'>[];
}
export interface ShownFlow extends ShownBase {
  readonly kind: 'flow';
  readonly app: string | null;
  readonly destination: string;
  readonly allowed: boolean;
}
export type ShownEvent = ShownDecision | ShownToken | ShownAnswer | ShownFlow;

type Fields = { readonly [name: string]: unknown };

/** The event, or null for kinds that no view shows and for what is not whole. */
export function parseShownEvent(sequence: number, value: unknown): ShownEvent | null {
  if (!isObject(value)) return null;
  const base: ShownBase = {
    sequence,
    mas: text(value.mas),
    session_id: textOrNull(value.session_id),
    at: text(value.at),
    token_hash: textOrNull(value.token_hash),
  };
  switch (value.kind) {
    case 'tool_call':
    case 'agent_call':
      return decisionEvent(base, value, calleeOf(value.callee), value.kind === 'agent_call' ? 'agent' : 'other');
    case 'token_exchanged':
      return decisionEvent(base, { ...value, phase: 'exchange' }, { name: text(value.callee), kind: 'app' }, 'other');
    case 'llm_call_started':
      return decisionEvent(base, { ...value, ...llmFields, caller: value.app }, { name: 'llm', kind: 'llm' }, 'llm');
    case 'token_issued':
      return { ...base, kind: 'token', app: text(value.app), scope: texts(value.scope), tools: texts(value.tools) };
    case 'llm_call_ended': {
      const selections = Array.isArray(value.selections) ? value.selections.filter(isObject).map(selection) : [];
      return { ...base, kind: 'llm_answer', app: text(value.app), llm_call_id: text(value.llm_call_id), selections };
    }
    case 'flow': {
      const destination = `${text(value.destination)}:${String(value.port)}`;
      return { ...base, kind: 'flow', app: textOrNull(value.app), destination, allowed: value.verdict === 'allow' };
    }
    default:
      return null;
  }
}

const llmFields = { phase: 'outbound', protocol: 'llm', operation: 'chat' };

function decisionEvent(
  base: ShownBase,
  value: Fields,
  callee: { readonly name: string; readonly kind: string },
  otherwise: CallKind,
): ShownDecision | null {
  const { decision } = value;
  const decision_id = text(value.decision_id);
  if (!isObject(decision) || decision_id === '') return null;
  const tool = textOrNull(value.tool);
  const phase = phaseOf(base, value, decision);
  const isDiscovery =
    tool === null && phase.checks.some((row) => row.check === 'OPERATION' && row.detail === 'discovery');
  return {
    ...base,
    kind: 'decision',
    decision_id,
    callKind: tool !== null ? 'tool' : isDiscovery ? 'discovery' : otherwise,
    caller: textOrNull(value.caller),
    caller_type: textOrNull(value.caller_type),
    callee: callee.name,
    callee_kind: callee.kind,
    protocol: text(value.protocol),
    operation: text(value.operation),
    tool,
    arguments: isObject(value.arguments) ? asJson(value.arguments) : null,
    phase,
    granted: isObject(decision.grant)
      ? { tools: texts(decision.grant.tools), scope: texts(decision.grant.scope) }
      : { tools: [], scope: [] },
  };
}

function phaseOf(base: ShownBase, value: Fields, decision: Fields): CallPhase {
  return {
    phase: text(value.phase),
    at: base.at,
    allow: decision.allow === true,
    audit_only: decision.audit_only === true,
    reason: text(decision.reason),
    checks: Array.isArray(decision.checks) ? shownChecks(decision.checks, text(decision.reason)) : [],
    policies: texts(decision.policies),
    decided_in_ms: typeof value.decided_in_ms === 'number' ? value.decided_in_ms : null,
    token_hash: base.token_hash,
  };
}

/** What a phase says of its call. */
export function verdictOf(phase: CallPhase): Verdict {
  if (!phase.allow) return 'blocked';
  return phase.audit_only ? 'would_block' : 'allowed';
}

/**
 * The semantic check is asked only when nothing else refuses: where another check did, its missing verdict is no refusal of its own.
 */
function shownChecks(rows: readonly unknown[], reason: string): CallPhase['checks'] {
  return rows.filter(isObject).map((row) => {
    const shown = check(row);
    const wasNotAsked = shown.reason === 'semantic_unavailable' && reason !== 'semantic_unavailable';
    return wasNotAsked
      ? { ...shown, outcome: 'ABSTAIN', reason: 'ok', detail: 'not asked: another check refused' }
      : shown;
  });
}

function check(row: Fields): CallPhase['checks'][number] {
  // INVARIANT (deny by default): an outcome that is not known is shown as a block.
  const outcome = row.outcome === 'ALLOW' || row.outcome === 'ABSTAIN' ? row.outcome : 'BLOCK';
  return { check: text(row.check), outcome, reason: text(row.reason), detail: text(row.detail) };
}

function selection(row: Fields): Omit<SelectionRow, 'consumed'> {
  return {
    id: text(row.id),
    tool: textOrNull(row.tool),
    llm_name: text(row.llm_name),
    arguments: isObject(row.arguments) ? asJson(row.arguments) : {},
  };
}

function calleeOf(value: unknown): { readonly name: string; readonly kind: string } {
  if (!isObject(value)) return { name: '', kind: 'other' };
  const host = `${text(value.host)}:${String(value.port)}`;
  const kind = value.kind === 'app' || value.kind === 'llm' ? value.kind : 'other';
  if (kind === 'llm') return { name: 'llm', kind };
  return { name: textOrNull(value.app) ?? host, kind };
}

function asJson(value: Fields): JsonObject {
  return value as JsonObject; // it was read by JSON.parse
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
