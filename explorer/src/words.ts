/** Names of the contract in plain words. */
import type { CallCounts, Verdict } from '../../policies/explorer_wire.ts';
import reasonHelp from '../../policies/reasons.json';

const help: { readonly [reason: string]: string } = reasonHelp;

/** One sentence on a reason code. */
export function reasonSentence(reason: string): string {
  return (Object.hasOwn(help, reason) ? help[reason] : undefined) ?? 'this version does not know this reason';
}

const checks: { readonly [check: string]: string } = {
  REQUEST: 'The request can be read without doubt',
  SYSTEM: 'The apps belong to this system',
  SESSION_START: 'The peer may start a session here',
  DESTINATION: 'The caller may call this destination',
  PROTOCOL: 'The protocol is allowed on this way',
  OPERATION: 'The operation is allowed here',
  TOOL_KNOWN: 'The server has this tool',
  TOKEN: 'The token is genuine and for this callee',
  SESSION: 'The session is alive',
  SCOPE: 'The token has the scope for it',
  TOOL_POLICY: 'The policies allow this tool and its arguments',
  DETERMINISTIC_TOOL_SELECTED: 'The tool is within the reach of this session',
  DETERMINISTIC_LLM_SELECTED_TOOLS: 'The LLM selected this very call',
  AI_POWERED_TOOL_MATCH: 'The tool fits what the user asked for',
};

export function checkSentence(check: string): string {
  return (Object.hasOwn(checks, check) ? checks[check] : undefined) ?? '';
}

export const verdictWords: { readonly [verdict in Verdict]: string } = {
  allowed: 'allowed',
  blocked: 'blocked',
  would_block: 'would block',
};

export const phaseWords: { readonly [phase: string]: string } = {
  issue: 'start',
  exchange: 'exchange',
  outbound: 'leaving',
  inbound: 'arriving',
};

/** `(outside)` and `(llm)` stand for what is no app. */
export function placeName(id: string | null): string {
  if (id === null || id === '(outside)' || id === 'urn:casa:outside') return 'outside';
  return id === '(llm)' || id === 'llm' ? 'LLM' : id;
}

export function total(counts: CallCounts): number {
  return counts.allowed + counts.blocked + counts.would_block;
}
